"""Skew: the angle of rotated lines is found, and rotation loses nothing."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.skew import estimate_skew, rotate


def page() -> np.ndarray:
    """Draw six level rows of short strokes, dark on white; (400, 600)."""
    image = np.full((400, 600), 255, np.uint8)
    for y in range(60, 360, 50):
        for x in range(50, 540, 20):
            cv2.line(image, (x, y), (x + 5, y + 14), 0, 2)
    return image


@pytest.mark.parametrize("angle", [-11, -3.25, 0, 0.5, 7])
def test_finds_angle_of_rotated_page(angle):
    rotated, _ = rotate(page(), -angle)  # clockwise
    assert estimate_skew((rotated < 128).astype(np.uint8)) == pytest.approx(angle, abs=0.25)


def test_skew_of_blank_page_is_zero():
    assert estimate_skew(np.zeros((20, 30), np.uint8)) == 0


@pytest.mark.parametrize("angle", [-11, 5])
def test_rotation_keeps_all_ink_and_returns_its_map(angle):
    image = np.full((80, 120), 255, np.uint8)
    image[70:73, 3:6] = 0
    rotated, matrix = rotate(image, angle)
    assert (255.0 - rotated).sum() == pytest.approx((255.0 - image).sum(), rel=0.02)
    weights = 255.0 - rotated
    centre = [weights.sum(axis=0) @ np.arange(rotated.shape[1]), weights.sum(axis=1) @ np.arange(rotated.shape[0])]
    np.testing.assert_allclose(matrix @ (4, 71, 1), np.array(centre) / weights.sum(), atol=0.1)
