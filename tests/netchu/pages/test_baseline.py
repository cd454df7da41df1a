"""The baseline of drawn lines is found where they were written."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from netchu.pages.baseline import estimate_baseline
from netchu.pictures.line_image import PreprocessParams, locate_line
from netchu.synthetic import handwriting
from netchu.synthetic.addresses import address_line

PARAMS = PreprocessParams(height=48, blur=0.0, threshold="none", deslant=False)


@pytest.mark.parametrize("height", [32, 48, 96])
def test_finds_the_baseline_of_handwriting(monkeypatch, height):
    """The mean error is a tenth of the height of an x; the ink ends half a pen's width below the written baseline."""
    baselines = []
    draw = handwriting.draw_on_paper

    def record(layers, writer, height, width, baseline, rng):
        baselines.append(baseline)
        return draw(layers, writer, height, width, baseline, rng)

    monkeypatch.setattr(handwriting, "draw_on_paper", record)
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(20):
        writer = replace(handwriting.sample_writer(rng), climb=0.0, drift=0.0)
        picture = handwriting.draw_line(address_line(rng, 28), writer, rng)
        line = locate_line(picture, replace(PARAMS, height=height))
        top, bottom = line.corners[0, 1], line.corners[2, 1]
        found = top + estimate_baseline(line.image) * (bottom - top)
        errors.append((found - baselines[-1]) / writer.x_height)
    assert np.abs(errors).mean() < 0.1 and np.abs(errors).max() < 0.25


@pytest.mark.parametrize("size", [(48, 16), (16, 4800)])
def test_blank_and_black_images_have_a_baseline(size):
    for grey in (0, 255):
        assert 0 <= estimate_baseline(np.full(size, grey, np.uint8)) <= 1


def test_is_the_lower_edge_of_a_bar():
    image = np.full((48, 200), 255, np.uint8)
    cv2.rectangle(image, (10, 12), (190, 35), 0, -1)
    cv2.rectangle(image, (20, 36), (24, 47), 0, -1)  # a tail
    assert estimate_baseline(image) == pytest.approx(36 / 48, abs=1 / 48)
