"""The slant of handwriting, and shearing that makes it upright."""

import cv2
import numpy as np

from netchu.pictures.illumination import PAPER
from netchu.pictures.ink import Pieces, find_pieces


def estimate_slant(pieces: Pieces) -> float:
    """Return the shear that makes the strokes of a line upright: pixels to the right per row down.

    Of the slants up to 45 degrees, it is the one with the greatest sum of squared column sums (after Vinciarelli and
    Luettin, "A new normalization technique for cursive handwritten words", Pattern Recognition Letters 22, 2001). A
    picture without ink has slant 0.
    """
    if not pieces.is_ink.any():
        return 0.0
    rows, columns = np.nonzero(pieces.is_ink[pieces.labels])
    slants = np.tan(np.radians(np.arange(-45, 46, 3)))

    def sharpness(slant: float) -> int:
        counts = np.bincount((columns + slant * rows + len(pieces.labels)).astype(np.intp))
        return int((counts * counts).sum())

    return float(max(slants, key=sharpness))


def shear(image: np.ndarray, slant: float) -> np.ndarray:
    """Shift every row of a picture by `slant` pixels more than the row above; uint8 (height, width + total shift)."""
    if not slant:
        return image
    height, width = image.shape
    matrix = np.array([[1, slant, _offset(slant, height)], [0, 1, 0]], np.float64)
    size = (width + int(np.ceil(abs(slant) * (height - 1))), height)
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=PAPER)


def unshear_points(points: np.ndarray, slant: float, height: int) -> np.ndarray:
    """Map points of `shear(image, slant)` back to the image itself, which is `height` pixels high; float (points, 2).

    Args:
        points: float (points, 2), x and y in pixels from the outer corner of the upper left pixel.
    """
    x, y = points.T
    # A row is shifted according to its middle, half a pixel below its upper side.
    return np.column_stack([x - slant * (y - 0.5) - _offset(slant, height), y])


def deslant(image: np.ndarray) -> np.ndarray:
    """Shear a normalised picture so that its strokes are upright."""
    return shear(image, estimate_slant(find_pieces(image)))


def _offset(slant: float, height: int) -> float:
    """Return the shift in pixels of the first row, such that no row moves left."""
    return -min(slant, 0) * (height - 1)
