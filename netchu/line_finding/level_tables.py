"""Tables without ruling: level lines of text that the same blank strips divide."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from netchu.line_finding.pieces import locate_pixels

_GUTTER = 2.0
"""Least width of the blank strip between two columns of a table, in word heights."""

_LEAST_ROWS = 3
"""Least number of rows; gaps of fewer lines may lie one below the other by chance."""

_DIVIDED = 0.6
"""Least share of rows with writing in several columns."""


class LineGroup(NamedTuple):
    """Lines of text, or the rows of a table."""

    start: int  # index of the first line
    stop: int  # index after the last line
    gutters: list[int]  # x of the middles of the blank strips between the columns of a table; empty for text


def group_lines(numbers: np.ndarray, word_height: float) -> list[LineGroup]:
    """Group the lines of a page into text and tables without ruling, from top to bottom.

    Args:
        numbers: int16 (height, width), number of the line from 1, 0 or -1 elsewhere.
        word_height: pixels.
    """
    count = max(int(numbers.max(initial=0)), 0)
    written = np.zeros((count, numbers.shape[1]), bool)
    rows, columns = locate_pixels(numbers)
    written[numbers[rows, columns] - 1, columns] = True
    groups, text_start, start = [], 0, 0
    while start < count:
        table = _find_table(written, start, _GUTTER * word_height)
        if table is None:
            start += 1
            continue
        if text_start < table.start:
            groups.append(LineGroup(text_start, table.start, []))
        groups.append(table)
        text_start = start = table.stop
    if text_start < count:
        groups.append(LineGroup(text_start, count, []))
    return groups


def _find_table(written: np.ndarray, start: int, gutter: float) -> LineGroup | None:
    """Return the table whose first row is the line `start`, None if there is none.

    Args:
        written: bool (lines, width), True where a line has ink.
        gutter: least width of a blank strip in pixels.
    """
    stop, gutters = start, []
    while stop < len(written):
        common = list(_find_gutters(written[start : stop + 1].any(axis=0), gutter))
        # The first row may have wide spaces between words too.
        if not common or (len(common) < len(gutters) and stop > start + 1):
            break
        stop, gutters = stop + 1, common
    while stop > start and not _is_divided(written[stop - 1], gutters):
        stop -= 1
    divided = [_is_divided(row, gutters) for row in written[start:stop]]
    if stop - start < _LEAST_ROWS or not divided[0] or np.mean(divided) < _DIVIDED:
        return None
    return LineGroup(start, stop, gutters)


def _find_gutters(written: np.ndarray, width: float) -> Iterator[int]:
    """Yield the middles of blank strips between ink that are at least `width` pixels wide."""
    inked = np.flatnonzero(written)
    for gap in np.flatnonzero(np.diff(inked) > width):
        yield int(inked[gap] + inked[gap + 1]) // 2


def _is_divided(written: np.ndarray, gutters: list[int]) -> bool:
    """Return True if a row has writing in several columns."""
    return sum(written[left:right].any() for left, right in itertools.pairwise([0, *gutters, len(written)])) > 1
