"""The ink of a normalised page: finding it in noise, measuring its words, removing blots and bars."""

import cv2
import numpy as np

from netchu.line_finding.pieces import find_pieces, keep_pieces, typical_height
from netchu.pictures.illumination import PAPER

_FAINT, _DARK, _NOISIEST = 85, 115, 170
"""Darkness, 0 to 255. Every pixel of ink is above _FAINT (up to _NOISIEST on noisy paper), at least one in a connected
piece is above _DARK."""

_NOISE_GAIN = 5
"""Least darkness of ink, in standard deviations of the paper's noise where it is strongest."""

_BAR_HEIGHT = 3
"""Least height of an upright bar, in word heights."""

_BAR_ASPECT = 10
"""Least height of an upright bar, in widths."""


def find_ink(picture: np.ndarray) -> np.ndarray:
    """Find the ink of a normalised picture, without specks; uint8 (height, width), 0 or 1."""
    soft = PAPER - cv2.GaussianBlur(picture, (0, 0), 0.7)
    # The largest of four samples of noise has a median of one standard deviation. Clipping the picture at white removes
    # only the brighter half of the noise, which does not change that median.
    noise = cv2.medianBlur(np.ascontiguousarray(cv2.dilate(soft, np.ones((2, 2), np.uint8))[::4, ::4]), 31)
    noise = cv2.resize(noise, picture.shape[::-1], interpolation=cv2.INTER_LINEAR)
    limit = np.clip(noise, _FAINT // _NOISE_GAIN, _NOISIEST // _NOISE_GAIN) * _NOISE_GAIN
    faint = (soft > limit).astype(np.uint8)
    pieces = find_pieces(faint)
    # Hysteresis, as in Canny's edge detector: the faint end of a stroke is ink, an isolated faint spot is paper.
    is_dark = (soft > np.maximum(limit, _DARK))[pieces.rows, pieces.columns]
    is_ink = np.bincount(pieces.numbers[is_dark], minlength=len(pieces.area)) > 0
    return keep_pieces(faint, pieces, is_ink & (pieces.area >= 4))


def measure_word_height(ink: np.ndarray) -> float:
    """Return the typical height in pixels of a connected piece of ink, about two x-heights; 0 without ink."""
    pieces = find_pieces(ink)
    large = np.maximum(pieces.width, pieces.height) >= 6
    return typical_height(pieces.height[large], pieces.area[large])


def remove_blots(ink: np.ndarray) -> np.ndarray:
    """Remove areas wider and higher than any stroke, such as the edge of a shadow or the black border of a scan."""
    side = max(round(measure_word_height(ink) / 2), 7)
    square = np.ones((side, side), np.uint8)
    # Zeros around the picture: a piece that is cut by the edge may be a stroke.
    blots = cv2.morphologyEx(ink, cv2.MORPH_OPEN, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return ink & (1 - cv2.dilate(blots, square)) if blots.any() else ink


def remove_bars(ink: np.ndarray, word_height: float) -> np.ndarray:
    """Remove upright bars much higher than letters, such as the shadow in the fold of a book.

    Args:
        ink: uint8 (height, width), 0 or 1.
        word_height: from `measure_word_height`.
    """
    pieces = find_pieces(ink)
    is_bar = pieces.height > np.maximum(_BAR_HEIGHT * word_height, _BAR_ASPECT * pieces.width)
    return keep_pieces(ink, pieces, ~is_bar) if is_bar.any() else ink
