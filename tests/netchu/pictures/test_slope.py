"""Slope: rising and falling lines become level, and their points can be mapped back."""

import cv2
import numpy as np
import pytest

from netchu.pictures.ink import find_pieces
from netchu.pictures.slope import deslope, estimate_slope, level, unlevel_points
from tests.netchu.pictures.samples import BLANKS, sloping_strokes, strokes


def ink_height(image: np.ndarray) -> int:
    return int(np.ptp(np.nonzero((image < 128).any(axis=1))[0])) + 1


@pytest.mark.parametrize("slope", [-0.17, -0.05, 0.05, 0.17])
def test_levels_sloping_line(slope):
    sloping = sloping_strokes(slope)
    assert estimate_slope(find_pieces(sloping)) == pytest.approx(slope, abs=0.01)
    assert ink_height(sloping) - 800 * abs(slope) == pytest.approx(61, abs=40)
    assert ink_height(deslope(sloping)) == pytest.approx(61, abs=10)
    assert (255.0 - deslope(sloping)).sum() == pytest.approx((255.0 - sloping).sum(), rel=0.01)


@pytest.mark.parametrize("image", [strokes(ink=0, paper=255), sloping_strokes(0.004), BLANKS["white"]])
def test_leaves_level_and_blank_pages_unchanged(image):
    np.testing.assert_array_equal(deslope(image), image)


@pytest.mark.parametrize("text", ["1", "-", "/", "l1", "7/2"])
def test_does_not_level_the_strokes_of_few_letters(text):
    page = np.full((60, 120), 255, np.uint8)
    cv2.putText(page, text, (30, 45), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    np.testing.assert_array_equal(deslope(page), page)


@pytest.mark.parametrize("slope", [-0.2, 0.15])
@pytest.mark.parametrize(("x", "y"), [(10, 5), (50, 20), (89, 38)])
def test_maps_points_back(slope, x, y):
    """Find a dot after levelling, and map its position back."""
    image = np.full((40, 100), 255, np.uint8)
    image[y, x] = 0
    weights = 255.0 - level(image, slope)
    rows, columns = (np.arange(size) for size in weights.shape)
    levelled = np.array([[weights.sum(axis=0) @ columns, weights.sum(axis=1) @ rows]]) / weights.sum() + 0.5
    np.testing.assert_allclose(unlevel_points(levelled, slope, 100), [(x + 0.5, y + 0.5)], atol=0.05)


def test_keeps_the_whole_picture():
    image = np.zeros((40, 100), np.uint8)
    for slope in (-0.2, 0.0, 0.1):
        assert (255.0 - level(image, slope)).sum() == pytest.approx(255.0 * image.size, rel=0.001)
