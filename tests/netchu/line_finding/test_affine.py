"""Affine maps compared with OpenCV."""

import cv2
import numpy as np

from netchu.line_finding.affine import compose, scaling


def test_scaling_maps_pixel_centres_like_resize():
    ramp = np.tile(np.arange(40, dtype=np.float32), (20, 1))
    smaller = cv2.resize(ramp, (10, 5), interpolation=cv2.INTER_AREA)
    centre = scaling(np.array([0.25, 0.25])) @ (ramp[3, 17], 3, 1)
    assert np.interp(centre[0], np.arange(10), smaller[0]) == 17


def test_compose_applies_the_first_map_first():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 2, 3))
    points = rng.normal(size=(1, 5, 2))
    one_by_one = cv2.transform(cv2.transform(points, first), second)
    np.testing.assert_allclose(cv2.transform(points, compose(first, second)), one_by_one)
