"""Greyscale pictures with even light: white paper and black ink for any camera, light and pen."""

import cv2
import numpy as np

PAPER = 255
"""Grey level of white paper."""

_MIN_CONTRAST = 0.1
"""Ink fainter than this fraction of the paper's brightness stays faint, because more contrast would also darken the
grain of the paper."""

_NOISE_GAIN = 8
"""Least distance between ink and paper, in standard deviations of the paper's noise."""

_MIN_STEPS = 6
"""Least distance between ink and paper, in grey levels; a nearly black picture has only noise."""

_DARK_PAPER = 140
"""Grey level of the paper below which white writing is likely."""

_INVERTED, _INVERTED_ON_BRIGHT = 1.5, 3
"""Least ratio of the energy of what is brighter than the paper to that of what is darker, if the writing is brighter:
on dark paper, and on bright paper, where gloss and the edges of shadows may be brighter too."""

_PALE_RULES = 2.5
"""Least ratio of the darkness of writing to that of printed rules. In writing alone, the darker strokes and the paler
ones with all soft edges differ by 1.4 to 2.2."""

_NO_INK = 225
"""Grey level of the darkest pixel on white from which a transparent picture shows white writing."""


def to_grey(image: np.ndarray) -> np.ndarray:
    """Return the luminance (ITU-R BT.601) of a grey, RGB or RGBA picture; uint8 (height, width).

    Transparent pixels are white, or black if the writing itself is white.
    """
    if image.ndim == 2:
        return image
    if image.shape[2] == 3:
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    grey = cv2.cvtColor(image, cv2.COLOR_RGBA2GRAY)
    opacity = cv2.extractChannel(image, 3)
    on_white = PAPER - cv2.multiply(PAPER - grey, opacity, scale=1 / 255)
    # Writing covers less than half of a picture; more is a sheet of paper.
    if on_white.min() < _NO_INK or cv2.mean(opacity)[0] > PAPER / 2:
        return on_white
    return cv2.multiply(grey, opacity, scale=1 / 255)


def normalise_illumination(grey: np.ndarray) -> np.ndarray:
    """Make paper white and ink black in uneven light and for any pen; invert white writing on black.

    The picture is divided by the paper's brightness, the local median of a reduced copy. Then the contrast is increased
    until the ink is black, but only so far that the noise of a blank page stays light.

    Args:
        grey: uint8 (height, width).

    Returns:
        uint8 (height, width), a new array.
    """
    paper = _paper_brightness(grey)
    level = float(np.median(paper[::8, ::8]))
    if _is_inverted(grey, paper, _INVERTED if level < _DARK_PAPER else _INVERTED_ON_BRIGHT):
        grey, paper, level = PAPER - grey, PAPER - paper, PAPER - level
    level = max(level, 1)
    noise = _noise(cv2.subtract(grey, paper)) / level
    darkness = PAPER - cv2.divide(grey, cv2.max(paper, 1), scale=PAPER)
    ink = max(_ink_darkness(darkness) / PAPER, _MIN_CONTRAST, _NOISE_GAIN * noise, _MIN_STEPS / level)
    stretch = PAPER - np.clip(np.arange(256) / ink, 0, PAPER)
    return cv2.LUT(darkness, np.rint(stretch).astype(np.uint8))


def _is_inverted(grey: np.ndarray, paper: np.ndarray, ratio: float) -> bool:
    """Return True if the writing is brighter than the paper."""
    # Squared, so that neither grain nor slight shading outweighs the strokes.
    brighter, darker = (
        cv2.norm(part, cv2.NORM_L2SQR) for part in (cv2.subtract(grey, paper), cv2.subtract(paper, grey))
    )
    return brighter > ratio * darker


def _paper_brightness(grey: np.ndarray) -> np.ndarray:
    """Return the local median at every pixel, computed on a copy reduced up to eight times."""
    height, width = grey.shape
    factor = min(max(min(height, width) / 48, 1), 8)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(cv2.medianBlur(reduced, 31), (width, height), interpolation=cv2.INTER_LINEAR)


def _noise(brighter: np.ndarray) -> float:
    """Return the standard deviation of the paper's grey levels.

    Args:
        brighter: uint8 (height, width), difference of each pixel to the paper, 0 for darker pixels such as ink.
    """
    counts = _histogram(brighter)
    counts[0] = min(counts[0] // 2, counts[1:].sum() + 1)
    return _quantile(counts, 0.5) / 0.674


def _ink_darkness(darkness: np.ndarray) -> int:
    """Return the median darkness (0 to 255) of the pixels above Otsu's threshold; 0 if there are none.

    If most of them are of printed rules much paler than the writing, as on squared paper, return that of the writing.
    """
    threshold, mask = cv2.threshold(darkness, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    counts = _histogram(darkness)
    counts[: int(threshold) + 1] = 0
    middle = _quantile(counts, 0.5)
    threshold = _otsu_threshold(counts)
    paler, darker = (_quantile(part, 0.5) for part in (counts[: threshold + 1], counts[threshold + 1 :]))
    darker += threshold + 1
    if darker < _PALE_RULES * paler or not _consists_of_rules(mask):
        return middle
    return darker


def _otsu_threshold(counts: np.ndarray) -> int:
    """Return the value from 0 up to which the values are of the lower of two kinds (Otsu 1979)."""
    below, sums = np.cumsum(counts), np.cumsum(counts * np.arange(len(counts)))
    between = (sums[-1] * below - below[-1] * sums) ** 2.0 / np.maximum(below * (below[-1] - below), 1)
    return int(between.argmax())


def _consists_of_rules(mask: np.ndarray) -> bool:
    """Return True if most pixels of a mask, 0 or 1, lie on level or upright strokes longer than those of letters."""
    run = max(max(mask.shape) // 60, 12)
    level, upright = (cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(size, np.uint8)) for size in ((1, run), (run, 1)))
    return 2 * cv2.countNonZero(level | upright) > cv2.countNonZero(mask)


def _histogram(image: np.ndarray) -> np.ndarray:
    return cv2.calcHist([image], [0], None, [256], [0, 256]).ravel().astype(np.int64)


def _quantile(counts: np.ndarray, fraction: float) -> int:
    return int(np.searchsorted(np.cumsum(counts), fraction * counts.sum()))
