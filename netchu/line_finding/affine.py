"""Affine maps of the plane as matrices (2, 3), for OpenCV."""

import numpy as np


def scaling(factors: np.ndarray) -> np.ndarray:
    """Return the map (2, 3) that scales x and y by `factors`, (2,); the centre of a pixel has whole coordinates."""
    return np.column_stack([np.diag(factors), factors / 2 - 0.5])


def compose(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the map that applies `first` and then `second`."""
    return (np.vstack([second, [0, 0, 1]]) @ np.vstack([first, [0, 0, 1]]))[:2]
