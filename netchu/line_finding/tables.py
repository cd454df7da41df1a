"""Ruled tables: finding the cells that their lines enclose."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.pieces import find_pieces

_PALE = 55
"""Darkness, 0 to 255, of the palest lines in a normalised picture."""

_LEVEL_RUN, _UPRIGHT_RUN = 3.0, 1.5
"""Least length of the straight parts of level and upright lines, in word heights; strokes of letters are shorter."""

_GAP = 0.5
"""Greatest gap in a line, or between a line and the one that it should reach, in word heights."""

_LEAST_SIDE = 0.8
"""Least width and height of a cell, in word heights."""

_SQUARE = 1.6
"""Median width and height of cells, in word heights, up to which they are the squares of squared paper."""

_FILLED = 0.75
"""Least share of its box that a cell fills; other areas between lines are no rectangles."""

LETTER = 0.4
"""Least height of a letter, in word heights; dots and what is left of the lines are smaller."""

_MOST_CROSSING = 0.15
"""Greatest share of letters that lie in two columns of a table; words on squared paper do."""

_CROSSING = 0.2
"""Least share of its ink in the second column from which a letter lies in both."""


class Cell(NamedTuple):
    """A cell of a table."""

    row: int  # of the table, from 0, in which the cell begins
    column: int  # of the table, from 0, in which the cell begins
    box: tuple[int, int, int, int]  # left, top, right and bottom in pixels, the latter two exclusive


def find_tables(picture: np.ndarray, ink: np.ndarray, word_height: float) -> tuple[np.ndarray, list[list[Cell]]]:
    """Find the cells of ruled tables that contain writing in at least two rows and two columns.

    Args:
        picture: uint8 (height, width), normalised and level.
        ink: uint8 (height, width), 0 or 1, of the writing.
        word_height: pixels.

    Returns:
        int32 (height, width), the number of the cell from 1, -1 on lines, 0 elsewhere; and the tables from the top,
        each as its cells row by row, in the order of the numbers.
    """
    level, upright = _find_lines(picture, word_height)
    lines = level | upright
    if not (level.any() and upright.any()):
        return np.zeros(ink.shape, np.int32), []
    labels, boxes = _find_boxes(lines, word_height)
    numbers, tables, count = np.zeros_like(labels), [], 0
    for members in _find_neighbours(labels, boxes, word_height):
        left, top, right, bottom = boxes[members].T
        if max(np.median(right - left), np.median(bottom - top)) <= _SQUARE * word_height:
            continue
        rows = _number_rows(np.stack([left, right, top, bottom]), word_height)
        columns = _number_rows(np.stack([top, bottom, left, right]), word_height)
        order = np.lexsort([columns, rows])
        members, rows, columns = members[order], rows[order], columns[order]
        renumbered = np.zeros(len(boxes) + 1, labels.dtype)
        renumbered[members + 1] = np.arange(len(members)) + 1
        numbers_of_table = renumbered[labels]
        if _is_table(numbers_of_table, rows, columns, ink, word_height):
            numbers = np.where(numbers_of_table > 0, numbers_of_table + count, numbers)
            positions = zip(rows, columns, boxes[members], strict=True)
            tables.append([Cell(int(row), int(column), tuple(map(int, box))) for row, column, box in positions])
            count += len(members)
    return np.where(lines > 0, -1, numbers), tables


def _find_lines(picture: np.ndarray, word_height: float) -> list[np.ndarray]:
    """Return uint8 (height, width), 1 on long level lines and in their gaps, and the same for upright lines."""
    dark = (255 - picture > _PALE).astype(np.uint8)
    gap = np.ones(2 * round(_GAP * word_height) + 1, np.uint8)
    lines = []
    for length, along, across in ((_LEVEL_RUN, (1, -1), (-1, 1)), (_UPRIGHT_RUN, (-1, 1), (1, -1))):
        run = np.ones(max(round(length * word_height), 15), np.uint8)
        # Thicker, slightly oblique lines also have long runs.
        thick = cv2.dilate(dark, np.ones(3, np.uint8).reshape(across))
        runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, run.reshape(along))
        lines.append(cv2.dilate(runs, gap.reshape(along)))
    return lines


def _find_boxes(lines: np.ndarray, word_height: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rectangles that lines enclose.

    Returns:
        int32 (height, width), numbers from 1; and left, top, right and bottom, (rectangles, 4).
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - lines, connectivity=4)
    left, top, width, height, area = stats.T
    kept = (np.minimum(width, height) >= _LEAST_SIDE * word_height) & (area >= _FILLED * width * height)
    kept &= (left > 0) & (top > 0) & (left + width < lines.shape[1]) & (top + height < lines.shape[0])
    kept[0] = False  # the lines themselves
    numbers = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    return numbers[labels], np.column_stack([left, top, left + width, top + height])[kept]


def _find_neighbours(labels: np.ndarray, boxes: np.ndarray, word_height: float) -> list[np.ndarray]:
    """Return the indices of the rectangles between which there are only lines, group by group from the top."""
    if len(boxes) < 4:
        return []
    side = 2 * max(round(word_height / 3), 4) + 1
    joined = cv2.dilate((labels > 0).astype(np.uint8), np.ones((side, side), np.uint8))
    count, groups = cv2.connectedComponents(joined)
    group_of = np.zeros(len(boxes) + 1, int)
    group_of[labels] = groups
    members = [np.flatnonzero(group_of[1:] == group) for group in range(1, count)]
    return sorted((indices for indices in members if len(indices) >= 4), key=lambda indices: boxes[indices, 1].min())


def _number_rows(sides: np.ndarray, word_height: float) -> np.ndarray:
    """Return the row of each rectangle, (rectangles,), from 0. Rectangles side by side in a row have the same top.

    Args:
        sides: left, right, top and bottom, (4, rectangles).
    """
    left, right, top, bottom = sides
    rows, count = np.full(len(left), -1), 0
    # From left to right, so that rows may be slightly oblique.
    for index in np.argsort(left, kind="stable"):
        beside = (rows >= 0) & (np.abs(left[index] - right) < word_height)
        beside &= np.abs(top[index] - top) < np.minimum(bottom[index] - top[index], bottom - top) / 3
        if beside.any():
            rows[index] = rows[beside][0]
        else:
            rows[index], count = count, count + 1
    tops = np.bincount(rows, top) / np.bincount(rows)
    order = np.argsort(tops, kind="stable")
    # A cell of several rows may divide a row in two parts.
    steps = np.concatenate([[False], np.diff(tops[order]) > word_height / 2])
    numbers = np.empty(count, int)
    numbers[order] = np.cumsum(steps)
    return numbers[rows]


def _is_table(labels: np.ndarray, rows: np.ndarray, columns: np.ndarray, ink: np.ndarray, word_height: float) -> bool:
    """Return True if several rows and columns contain letters, and few letters lie in two columns.

    Args:
        labels: int32 (height, width), numbers from 1 of cells in `rows` and `columns`, (cells,).
    """
    pieces = find_pieces(ink)
    cells = labels[pieces.rows, pieces.columns] - 1
    in_letter = (cells >= 0) & (pieces.height > LETTER * word_height)[pieces.numbers]
    numbers, cells = pieces.numbers[in_letter], cells[in_letter]
    if min(len(np.unique(rows[cells])), len(np.unique(columns[cells]))) < 2:
        return False
    shape = len(pieces.area), columns.max() + 1
    ink_by_column = np.bincount(numbers * shape[1] + columns[cells], minlength=shape[0] * shape[1]).reshape(shape)
    ink_by_column = ink_by_column[ink_by_column.any(axis=1)]
    shares = ink_by_column.max(axis=1) / ink_by_column.sum(axis=1)
    return float((shares < 1 - _CROSSING).mean()) <= _MOST_CROSSING
