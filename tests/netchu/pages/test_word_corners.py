"""Words of slanted and sloping lines: their corners are those in the original picture, not in a sheared copy."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from netchu.pages.recognizer import Recognizer
from tests.netchu.pictures.samples import slanted_strokes, sloping_strokes
from tests.netchu.tiny_model import write_tiny_reader


@pytest.mark.parametrize("slant", [-0.5, 0.5])
@pytest.mark.parametrize("deslant", [False, True])
def test_words_lie_on_the_ink_of_a_slanted_line(tmp_path, slant, deslant):
    recognizer = Recognizer.load(write_tiny_reader(tmp_path / "tiny"))
    recognizer.preprocess = replace(recognizer.preprocess, deslant=deslant)
    picture = slanted_strokes(slant)
    (line,) = recognizer.read(picture, "line").lines
    inside = cv2.fillConvexPoly(np.zeros_like(picture), np.array(line.corners), 1)
    assert inside[picture < 128].mean() > 0.99
    top_left, top_right, bottom_right, bottom_left = np.array(line.corners)
    assert len(line.words) > 1
    for word in line.words:
        corners = np.array(word.corners)
        # On the upper and the lower side of the line, and as slanted as the line.
        assert np.abs(corners[:2, 1] - top_left[1]).max() <= 1 and np.abs(corners[2:, 1] - bottom_left[1]).max() <= 1
        np.testing.assert_allclose(corners[3] - corners[0], bottom_left - top_left, atol=1)
        assert top_left[0] - 1 <= corners[0, 0] <= corners[1, 0] <= top_right[0] + 1
        assert bottom_left[0] - 1 <= corners[3, 0] <= corners[2, 0] <= bottom_right[0] + 1


@pytest.mark.parametrize("slope", [-0.15, 0.15])
def test_words_follow_a_sloping_line(tmp_path, slope):
    recognizer = Recognizer.load(write_tiny_reader(tmp_path / "tiny"))
    recognizer.preprocess = replace(recognizer.preprocess, deslope=True)
    picture = sloping_strokes(slope)
    (line,) = recognizer.read(picture, "line").lines
    assert cv2.fillConvexPoly(np.zeros_like(picture), np.array(line.corners), 1)[picture < 128].mean() > 0.99
    top_left, top_right, _, bottom_left = np.array(line.corners)
    assert bottom_left[1] - top_left[1] < 90 < np.ptp(np.nonzero((picture < 128).any(axis=1))[0])
    assert len(line.words) > 1
    for word in line.words:
        upper_left, upper_right, lower_right, lower_left = np.array(word.corners)
        for upper in (upper_left, upper_right):
            assert upper[1] == pytest.approx(top_left[1] + slope * (upper[0] - top_left[0]), abs=2)
        assert lower_left[1] - upper_left[1] == pytest.approx(bottom_left[1] - top_left[1], abs=2)
        assert top_left[0] - 1 <= upper_left[0] <= lower_right[0] <= top_right[0] + 1


def test_words_after_a_margin_lie_where_they_do_without_one(tmp_path):
    """A network that reads every word at the same frame of the writing, with and without paper before it."""

    def read_words(margin: int):
        recognizer = Recognizer.load(write_tiny_reader(tmp_path / f"margin {margin}"))
        recognizer.preprocess = replace(recognizer.preprocess, margin=margin)
        network = recognizer._reader.network
        # The margin itself gets the logits of the first frame of the writing.
        recognizer._reader.network = lambda image: np.pad(
            network(image[:, margin:]), ((margin // 4, 0), (0, 0)), mode="edge"
        )
        return [word.corners for word in recognizer.read(sloping_strokes(0), "line").words]

    assert read_words(16) == read_words(0)
