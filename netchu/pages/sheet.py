"""What of a picture of a page is not writing: the table around the sheet, ruled lines, margins and frames."""

import cv2
import numpy as np

_EDGE_RATIO = 1.35
"""Brightness across the edge of a sheet, inside over outside; a shadow's edge is softer than that."""

_PALE = 55
"""Darkness, 0 to 255, of a normalised picture's palest ruled lines."""

_PALEST_INK = 190
"""Darkness of ink, and of lines that cannot be told from it by their darkness."""

_DIM = 30
"""Grey levels added to both sides of an edge: ratios of nearly black ones say nothing."""

_MIN_SHEET = 0.15
"""Share of the picture that a sheet fills at least."""


def sheet_mask(grey: np.ndarray) -> np.ndarray | None:
    """Where a sheet of paper lies on a darker table, or None where the paper fills the picture.

    The sheet is the largest bright piece, if most of its edge is sharp: light falls off softly, an edge of paper does
    not.

    Args:
        grey: uint8 (height, width), the picture with its own brightness.

    Returns:
        uint8 (height, width), 1 on the sheet, less a narrow rim, else 0.
    """
    height, width = grey.shape
    factor = max(min(height, width) / 160, 1)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced = cv2.medianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), 5)
    # Writing is dark as a table is, but thin.
    reduced = cv2.morphologyEx(reduced, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    _, bright = cv2.threshold(reduced, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas) or not _MIN_SHEET * bright.size <= areas.max() <= 0.97 * bright.size:
        return None
    sheet = (labels == 1 + areas.argmax()).astype(np.uint8)
    outlines, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    sheet = cv2.drawContours(np.zeros_like(sheet), outlines, -1, 1, cv2.FILLED)
    x, y = outlines[0].reshape(-1, 2).T
    inner = (x > 2) & (x < size[0] - 3) & (y > 2) & (y < size[1] - 3)
    square = np.ones((5, 5), np.uint8)
    lightest, darkest = (step(reduced, square).astype(np.float32) + _DIM for step in (cv2.dilate, cv2.erode))
    if not inner.any() or np.median((lightest / darkest)[y[inner], x[inner]]) < _EDGE_RATIO:
        return None
    sheet = cv2.erode(sheet, np.ones((5, 5), np.uint8))
    return cv2.resize(sheet, (width, height), interpolation=cv2.INTER_NEAREST)


def straight_lines(picture: np.ndarray, run: int) -> np.ndarray:
    """Where ruled lines, table rules and frames lie, level or upright within some degrees, without what crosses them.

    Ink on a line paler than itself is told from it by its darkness, on another by its extent across the line.

    Args:
        picture: uint8 (height, width), normalised: dark ink and lines on white.
        run: pixels; a line consists of runs of at least as many.

    Returns:
        uint8 (height, width), 1 on the lines and their soft edges.
    """
    darkness = 255 - picture
    level, level_size = _level_bands(darkness, run)
    upright, upright_size = _level_bands(np.ascontiguousarray(darkness.T), run)
    upright = np.ascontiguousarray(upright.T)
    limits = np.maximum(level, upright)
    if not limits.any():
        return limits
    ink = cv2.dilate((darkness > limits).astype(np.uint8) & (limits > 0), np.ones((3, 3), np.uint8))
    lines = (limits > 0) & (ink == 0) & (darkness > _PALE // 3)
    for bands, others, size in ((level, upright, (level_size, 1)), (upright, level, (1, upright_size))):
        dark = (bands == 255) & (others == 0)
        if dark.any():
            opened = cv2.morphologyEx((darkness > _PALE).astype(np.uint8), cv2.MORPH_OPEN, np.ones(size, np.uint8))
            lines &= ~(dark & (opened > 0))
    return lines.astype(np.uint8)


def _level_bands(darkness: np.ndarray, run: int) -> tuple[np.ndarray, int]:
    """Bands along lines that are nearly level.

    Returns:
        uint8 (height, width), the darkness below which a band is line rather than ink, 255 where that does not tell
        them apart, 0 outside; and the height in pixels from which ink on a line is more than that.
    """
    ink = (darkness > _PALE).astype(np.uint8)
    height, width = ink.shape
    bands, thickest = np.zeros_like(ink), 0
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, run), np.uint8))
    # A blot consists of runs, too, but not of thin ones.
    runs -= cv2.morphologyEx(runs, cv2.MORPH_OPEN, np.ones((max(run // 2, 5), 1), np.uint8))
    if not runs.any():
        return bands, thickest
    joined = cv2.dilate(runs, np.ones((3, 2 * run + 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    rows, columns = np.nonzero(runs)
    numbers = labels[rows, columns]
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(len(stats) + 1))
    for number in range(1, len(stats)):
        if stats[number, cv2.CC_STAT_WIDTH] - 2 * run < max(width / 5, 5 * run):
            continue
        mine = order[edges[number] : edges[number + 1]]
        x, y = columns[mine], rows[mine]
        covered = len(np.unique(x))
        if covered < 0.5 * np.ptp(x):
            continue
        curve = np.polynomial.Polynomial.fit(x, y, 2)
        # Once more without the strokes of writing that seemed to continue the line.
        off = np.abs(y - curve(x))
        near = off <= max(np.median(off), 1) * 2
        curve = np.polynomial.Polynomial.fit(x[near], y[near], 2)
        if np.median(np.abs(y - curve(x))) > 2.5:
            continue
        thickness = round(len(x) / covered)
        along = np.arange(max(x.min() - run, 0), min(x.max() + run + 1, width))
        points = np.stack([along, np.rint(curve(along))], axis=1).astype(np.int32)
        middle = points[(points[:, 1] > 0) & (points[:, 1] < height - 1)]
        if not len(middle):
            continue
        tone = np.median(np.max([darkness[middle[:, 1] + shift, middle[:, 0]] for shift in (-1, 0, 1)], axis=0))
        limit = 1.4 * tone + 15
        cv2.polylines(bands, [points], False, round(limit) if limit < _PALEST_INK else 255, thickness + 3)
        thickest = max(thickest, thickness + 3)
    return bands, thickest
