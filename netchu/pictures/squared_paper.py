"""Squared paper behind a line of writing."""

import cv2
import numpy as np

_FAINT, _DARK = 225, 125
"""Grey levels. The squares are between them, the writing is darker."""

_LEAST_UPRIGHT = 0.2
"""Least share of the pixels of squares that are on upright lines. Ruled lines alone do not disturb the network."""


def erase_squares(picture: np.ndarray) -> np.ndarray:
    """Return a normalised picture, uint8 (height, width), without the squares of squared paper.

    Squares as dark as the writing are left. Other pictures are returned as they are.
    """
    writing, faint = (cv2.threshold(picture, grey, 255, cv2.THRESH_BINARY_INV)[1] for grey in (_DARK, _FAINT))
    square = np.ones((3, 3), np.uint8)
    # Pale pixels around the writing are its soft edges.
    pale = faint & ~cv2.dilate(writing, square, iterations=2)
    count = cv2.countNonZero(pale)
    if count < picture.size / 100:
        return picture
    run = max(len(picture) // 4, 8)
    level, upright, thick = (
        cv2.morphologyEx(pale, cv2.MORPH_OPEN, np.ones(size, np.uint8))
        for size in ((1, run), (run, 1), (run // 3 + 2, run // 3 + 2))
    )
    # Thick areas are shadows.
    lines, uprights = (cv2.countNonZero(straight & ~thick) for straight in (level | upright, upright))
    if 2 * lines < count or uprights < _LEAST_UPRIGHT * lines:
        return picture
    return picture | ~cv2.dilate(writing, square)
