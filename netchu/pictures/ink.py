"""The ink of a normalised picture, apart from ruled lines, frames, noise and dust."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.core.errors import NetchuError
from netchu.pictures.illumination import normalise_illumination

_FAINT, _DARK = 170, 140
"""Grey levels. Every pixel of ink is darker than _FAINT, at least one in a connected piece is darker than _DARK."""

_MIN_LETTER = 6
"""Least width or height of the largest piece of any writing, in pixels of the reduced copy (see `find_pieces`)."""


class NoInk(NetchuError):
    """A picture without writing."""


class Pieces(NamedTuple):
    """Connected pieces of a picture, on a reduced copy."""

    labels: np.ndarray  # int32 (height, width) of the copy: number of the piece at each pixel, 0 for paper
    stats: np.ndarray  # int32 (pieces, 5): left, top, width, height, area in pixels of the copy
    is_ink: np.ndarray  # bool (pieces,): False for paper, ruled lines, frames and noise


def has_ink(grey: np.ndarray) -> bool:
    """Return True if a picture, uint8 (height, width), shows writing rather than noise, shading, rules or dust."""
    return bool(find_pieces(normalise_illumination(grey)).is_ink.any())


def find_trim_box(image: np.ndarray, pieces: Pieces | None = None) -> tuple[int, int, int, int]:
    """Return the box of the writing and a little paper around it, as `find_ink_box` does.

    Args:
        image: uint8 (height, width), normalised.
        pieces: those of `image`, if they are known.
    """
    left, top, right, bottom = find_ink_box(image, pieces)
    margin = max(round((bottom - top) / 20), 1)
    height, width = image.shape
    return max(left - margin, 0), max(top - margin, 0), min(right + margin, width), min(bottom + margin, height)


def find_ink_box(image: np.ndarray, pieces: Pieces | None = None) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom (pixels, the last two exclusive) of the writing in a normalised picture.

    The box surrounds the large pieces of ink, and those small ones (dots, tone marks, commas) that lie within two
    letter heights to the side, or half a letter height above or below. Dust elsewhere is ignored. Raise NoInk if there
    is no writing.
    """
    pieces = pieces or find_pieces(image)
    if not pieces.is_ink.any():
        raise NoInk("no ink found: the picture is blank, or its writing too faint")
    left, top, widths, heights, areas = pieces.stats[pieces.is_ink].T
    right, bottom = left + widths, top + heights
    order = np.argsort(heights, kind="stable")
    letter = heights[order][np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)]
    large = np.maximum(widths, heights) >= letter / 3
    used = large | (
        (right > left[large].min() - 2 * letter)
        & (left < right[large].max() + 2 * letter)
        & (bottom > top[large].min() - letter / 2)
        & (top < bottom[large].max() + letter / 2)
    )
    box = np.array([left[used].min(), top[used].min(), right[used].max(), bottom[used].max()])
    scale = np.array(image.shape[::-1]) / pieces.labels.shape[::-1]
    left, top, right, bottom = np.rint(box * np.tile(scale, 2)).astype(int).tolist()
    return left, top, right, bottom


def find_pieces(image: np.ndarray) -> Pieces:
    """Find the connected pieces of a normalised picture, on a copy reduced up to four times."""
    height, width = image.shape
    factor = min(max(min(height, width) // 48, 1), 4)
    reduced = cv2.resize(image, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(reduced, (0, 0), 0.7)
    faint = cv2.threshold(soft, _FAINT, 1, cv2.THRESH_BINARY_INV)[1]
    faint[_find_ruled_lines(faint)] = 0
    count, labels, stats, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    # Hysteresis, as in Canny's edge detector: the faint end of a stroke is ink, an isolated faint spot is paper.
    is_ink = np.bincount(labels[soft < _DARK], minlength=count) > 0
    is_ink[0] = False
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    if not (sides[is_ink] >= max(_MIN_LETTER, min(reduced.shape) // 50)).any():
        is_ink[:] = False
    return Pieces(labels, stats, is_ink)


def _find_ruled_lines(mask: np.ndarray) -> np.ndarray:
    """Find ruled lines in `mask`, and the sides of a frame: upright lines that meet a ruled line; bool like `mask`."""
    height, width = mask.shape
    rules = _straight_runs(mask, max(width // 40, 12), max(width / 4, 2 * height))
    if rules.any():
        uprights = _straight_runs(mask.T, max(height // 4, 8), 0.75 * height).T
        count, labels = cv2.connectedComponents(uprights, connectivity=8)
        meets_rule = np.zeros(count, np.uint8)
        meets_rule[labels[cv2.dilate(rules, np.ones((5, 5), np.uint8)) > 0]] = 1
        rules |= uprights & meets_rule[labels]
        rules = cv2.dilate(rules, np.ones((3, 3), np.uint8))
    return rules > 0


def _straight_runs(mask: np.ndarray, run: int, length: float) -> np.ndarray:
    """Find level runs of at least `run` pixels that together, with gaps below `run`, span `length` pixels."""
    runs = cv2.morphologyEx(np.ascontiguousarray(mask), cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    joined = cv2.dilate(runs, np.ones((1, run), np.uint8))
    # Quick rejection: if all runs together cover too few columns, none of them can be long enough.
    if cv2.countNonZero(cv2.reduce(joined, 0, cv2.REDUCE_MAX)) - run < length:
        return np.zeros_like(runs)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    long = stats[:, cv2.CC_STAT_WIDTH] - run >= length
    long[0] = False
    return runs * long[labels]
