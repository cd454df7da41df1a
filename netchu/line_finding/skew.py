"""The skew of a page, and rotation that makes its lines level."""

import cv2
import numpy as np

from netchu.line_finding.pieces import locate_pixels


def estimate_skew(ink: np.ndarray) -> float:
    """Return the degrees clockwise by which the lines of a page are rotated.

    Of the angles up to 12 degrees, it is the one with the sharpest profile of ink across the lines (after Postl,
    "Detection of linear oblique structures and skew scan in digitized documents", ICPR 1986).

    Args:
        ink: uint8 (height, width), 0 or 1.
    """
    rows, columns = locate_pixels(ink)
    if len(rows) < 2:
        return 0.0
    step = max(len(rows) // 30_000, 1)
    rows, columns = rows[::step].astype(np.float32), columns[::step].astype(np.float32)

    def sharpness(angle: float) -> float:
        radians = np.radians(angle)
        positions = np.cos(radians) * rows - np.sin(radians) * columns
        profile = np.bincount(((positions - positions.min()) / 2).astype(np.intp)).astype(np.float64)
        return float(np.square(np.diff(profile)).sum()) * (1 - abs(angle) / 60)

    coarse = max(np.arange(-12, 12.1, 1.0), key=sharpness)
    return float(max(np.arange(coarse - 1, coarse + 1.01, 0.25), key=sharpness))


def rotate(picture: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a grey picture rotated anticlockwise by `angle` degrees, on a larger white one, and the map (2, 3)."""
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (round(width * cos + height * sin), round(height * cos + width * sin))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=255), matrix
