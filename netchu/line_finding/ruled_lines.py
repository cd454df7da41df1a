"""Printed lines on a page: ruled lines, margins, tables and frames, without the writing that crosses them."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.polynomial import Polynomial

from netchu.line_finding.page_ink import measure_word_height
from netchu.line_finding.pieces import locate_pixels

_PALE = 55
"""Darkness, 0 to 255, of the palest ruled lines in a normalised picture."""

_PALEST_INK = 190
"""Darkness from which a line is as dark as ink, so that the two must be distinguished by shape."""


def find_ruled_lines(picture: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Find printed lines that are longer than any stroke of the writing.

    Args:
        picture: uint8 (height, width), normalised.
        ink: from `find_ink`.

    Returns:
        uint8 (height, width), 0 or 1.
    """
    found = find_straight_lines(picture, max(max(ink.shape) // 60, 12))
    if found.any():
        # Lines join all the words they touch, so words can be measured only after a first removal.
        found = find_straight_lines(picture, max(round(measure_word_height(ink & (1 - found))), 12))
    return found


def find_straight_lines(picture: np.ndarray, run: int) -> np.ndarray:
    """Find lines that are nearly level or upright, without the ink that crosses them.

    Ink on a paler line is recognised by its darkness, ink on a dark line by its extent across the line.

    Args:
        picture: uint8 (height, width), normalised: dark ink and lines on white.
        run: pixels; a line consists of runs that are at least as long.

    Returns:
        uint8 (height, width), 1 on the lines and their soft edges.
    """
    darkness = 255 - picture
    level, level_size = _find_level_bands(darkness, run)
    upright, upright_size = _find_level_bands(np.ascontiguousarray(darkness.T), run)
    upright = np.ascontiguousarray(upright.T)
    limits = np.maximum(level, upright)
    if not limits.any():
        return limits
    ink = cv2.dilate((darkness > limits).astype(np.uint8) & (limits > 0), np.ones((3, 3), np.uint8))
    lines = (limits > 0) & (ink == 0) & (darkness > _PALE // 3)
    for bands, crossing, size in ((level, upright, (level_size, 1)), (upright, level, (1, upright_size))):
        dark = (bands == 255) & (crossing == 0)
        if dark.any():
            opened = cv2.morphologyEx((darkness > _PALE).astype(np.uint8), cv2.MORPH_OPEN, np.ones(size, np.uint8))
            lines &= ~(dark & (opened > 0))
    return lines.astype(np.uint8)


def _find_level_bands(darkness: np.ndarray, run: int) -> tuple[np.ndarray, int]:
    """Find the bands along nearly level lines.

    Returns:
        uint8 (height, width), the greatest darkness of the line itself in its band, 255 if it is as dark as ink, 0
        outside the bands; and the height in pixels above which dark pixels on a line are ink.
    """
    height, width = darkness.shape
    bands, thickest = np.zeros_like(darkness), 0
    for x, y in _find_level_chains((darkness > _PALE).astype(np.uint8), run):
        curve = _fit_curve(x, y)
        if np.median(np.abs(y - curve(x))) > 2.5:
            continue
        thickness = round(len(x) / _count_distinct(x))
        along = np.arange(max(x.min() - run, 0), min(x.max() + run + 1, width))
        points = np.stack([along, np.rint(curve(along))], axis=1).astype(np.int32)
        middle = points[(points[:, 1] > 0) & (points[:, 1] < height - 1)]
        if not len(middle):
            continue
        level = np.median(np.max([darkness[middle[:, 1] + shift, middle[:, 0]] for shift in (-1, 0, 1)], axis=0))
        limit = 1.4 * level + 15
        # Only the corners: so many points would take most of the time.
        turns = np.flatnonzero(np.diff(points[:, 1]))
        corners = points[np.unique([0, *turns, *turns + 1, len(points) - 1])]
        cv2.polylines(bands, [corners], False, round(limit) if limit < _PALEST_INK else 255, thickness + 3)
        thickest = max(thickest, thickness + 3)
    return bands, thickest


def _find_level_chains(ink: np.ndarray, run: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pixels, x and y, of each chain of thin level runs that is as long as a printed line."""
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    # Blots also consist of long runs, but are thick.
    runs -= cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((max(run // 2, 5), 1), np.uint8))
    if not runs.any():
        return
    joined = cv2.dilate(runs, np.ones((3, 2 * run + 1), np.uint8))
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    rows, columns = locate_pixels(runs)
    numbers = labels[rows, columns]
    order = np.argsort(numbers, kind="stable")
    rows, columns = rows[order], columns[order]
    starts = np.flatnonzero(np.diff(numbers[order], prepend=0))
    left, right = np.minimum.reduceat(columns, starts), np.maximum.reduceat(columns, starts)
    # As wide as in `joined`, without what the dilation has added to both sides, also at the edge of the picture.
    widths = np.minimum(right + run, ink.shape[1] - 1) - np.maximum(left - run, 0) + 1 - 2 * run
    ends = np.append(starts[1:], len(rows))
    is_long = widths >= max(ink.shape[1] / 5, 5 * run)
    for start, end in zip(starts[is_long], ends[is_long], strict=True):
        x, y = columns[start:end], rows[start:end]
        if _count_distinct(x) >= 0.5 * np.ptp(x):
            yield x, y


def _count_distinct(values: np.ndarray) -> int:
    """Return the number of distinct values of coordinates."""
    return np.count_nonzero(np.bincount(values))


def _fit_curve(x: np.ndarray, y: np.ndarray) -> Polynomial:
    """Fit a parabola twice, the second time without outliers such as strokes of writing."""
    curve = Polynomial.fit(x, y, 2)
    distances = np.abs(y - curve(x))
    near = distances <= max(np.median(distances), 1) * 2
    return Polynomial.fit(x[near], y[near], 2)
