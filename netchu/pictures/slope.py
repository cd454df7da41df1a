"""The slope of a line of writing, and shearing that makes it level."""

import cv2
import numpy as np

from netchu.pictures.illumination import PAPER
from netchu.pictures.ink import Pieces, find_pieces

_SLOPES = np.tan(np.radians(np.arange(-10, 10.1, 0.5)))
"""Slopes that are tried, rise over run: pixels down per pixel to the right."""

_STRIPS = 32
"""Upright strips of the picture; the ink of one is shifted as a whole."""

_LEAST_GAIN = 1.1
"""A line is levelled only if its ink becomes lower by this factor, since the estimate is not exact."""


def estimate_slope(pieces: Pieces) -> float:
    """Return the slope of a line of writing, in pixels down per pixel to the right, or 0 if it is nearly level.

    Of the slopes up to 10 degrees, it is the one with the greatest sum of squared row sums of the levelled ink, as
    `slant.estimate_slant` does for columns. The slope is 0 unless the ink becomes lower by a tenth.
    """
    ink = pieces.is_ink[pieces.labels]
    edges = np.linspace(0, ink.shape[1], _STRIPS, endpoint=False, dtype=np.intp)
    edges = edges[np.diff(edges, prepend=-1) > 0]  # those of a narrow picture repeat
    strips = np.add.reduceat(ink, edges, axis=1, dtype=np.float64)
    rows, numbers = np.nonzero(strips)
    if not len(rows):
        return 0.0
    middles = (edges + np.append(edges[1:], ink.shape[1]))[numbers] / 2
    # The rows of the ink levelled by each slope, from 0 on, and the ink in each row; a slope a row.
    levelled = np.rint(rows - _SLOPES[:, None] * middles).astype(np.intp)
    levelled -= levelled.min(axis=1, keepdims=True)
    heights = levelled.max(axis=1) + 1
    levelled += heights.max() * np.arange(len(_SLOPES))[:, None]
    counts = np.tile(strips[rows, numbers], len(_SLOPES))
    sums = np.bincount(levelled.ravel(), counts, len(_SLOPES) * heights.max()).reshape(len(_SLOPES), -1)
    best = int(np.argmax(np.einsum("ij,ij->i", sums, sums)))
    return float(_SLOPES[best]) if heights[len(_SLOPES) // 2] >= _LEAST_GAIN * heights[best] else 0.0


def level(image: np.ndarray, slope: float) -> np.ndarray:
    """Shift every column of a picture up by `slope` pixels more than the column before.

    Returns:
        uint8 (height + total shift, width): nothing of the picture is lost.
    """
    if not slope:
        return image
    height, width = image.shape
    matrix = np.array([[1, 0, 0], [-slope, 1, _offset(slope, width)]], np.float64)
    size = (width, height + int(np.ceil(abs(slope) * (width - 1))))
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=PAPER)


def unlevel_points(points: np.ndarray, slope: float, width: int) -> np.ndarray:
    """Map points of `level(image, slope)` back to the image itself, which is `width` pixels wide; float (points, 2).

    Args:
        points: float (points, 2), x and y in pixels from the outer corner of the upper left pixel.
    """
    x, y = points.T
    # A column is shifted according to its middle, half a pixel right of its left side.
    return np.column_stack([x, y + slope * (x - 0.5) - _offset(slope, width)])


def deslope(image: np.ndarray) -> np.ndarray:
    """Make the line of writing in a normalised picture level."""
    return level(image, estimate_slope(find_pieces(image)))


def _offset(slope: float, width: int) -> float:
    """Return the shift in pixels of the first column, such that no column moves above the picture."""
    return max(slope, 0) * (width - 1)
