"""Slant: sheared writing becomes upright, and its points can be mapped back."""

import cv2
import numpy as np
import pytest

from netchu.pictures.ink import find_pieces
from netchu.pictures.slant import deslant, estimate_slant, shear, unshear_points
from tests.netchu.pictures.samples import BLANKS, slanted_strokes, strokes


def sharpness(image: np.ndarray) -> float:
    return float(np.square((255.0 - image).sum(axis=0)).sum() / np.square(255.0 - image).sum())


@pytest.mark.parametrize("slant", [-0.6, -0.3, 0.3, 0.6])
def test_straightens_slanted_line(slant):
    upright, slanted = slanted_strokes(0), slanted_strokes(slant)
    straightened = deslant(slanted)
    assert estimate_slant(find_pieces(slanted)) == pytest.approx(slant, abs=0.05)
    assert sharpness(straightened) > 0.85 * sharpness(upright) > 1.5 * sharpness(slanted)
    assert straightened.shape[0] == upright.shape[0]
    assert (255.0 - straightened).sum() == pytest.approx((255.0 - upright).sum(), rel=0.05)


def test_leaves_upright_and_blank_pages_unchanged():
    np.testing.assert_array_equal(deslant(strokes(ink=0, paper=255)), strokes(ink=0, paper=255))
    np.testing.assert_array_equal(deslant(BLANKS["white"]), BLANKS["white"])


@pytest.mark.parametrize("slant", [-0.7, 0.4])
@pytest.mark.parametrize(("x", "y"), [(10, 5), (50, 20), (89, 38)])
def test_maps_points_back(slant, x, y):
    """Find a dot after shearing, and map its position back."""
    image = np.full((40, 100), 255, np.uint8)
    image[y, x] = 0
    weights = 255.0 - shear(image, slant)
    sheared = np.array([[weights.sum(axis=0) @ np.arange(weights.shape[1]), weights.sum(axis=1) @ np.arange(40)]])
    sheared = sheared / weights.sum() + 0.5  # from the middles of pixels to the outer corner of the first one
    np.testing.assert_allclose(unshear_points(sheared, slant, 40), [(x + 0.5, y + 0.5)], atol=0.05)


def test_shear_keeps_the_whole_picture():
    image = np.zeros((40, 100), np.uint8)
    for slant in (-1.0, -0.3, 0.3, 1.0):
        assert (255.0 - shear(image, slant)).sum() == pytest.approx(255.0 * image.size, rel=0.001)
    assert cv2.countNonZero(255 - shear(image, 0.0)) == image.size
