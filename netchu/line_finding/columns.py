"""Columns of text side by side, such as the two pages of an open book."""

import itertools

import cv2
import numpy as np

from netchu.line_finding.pieces import find_pieces, keep_pieces
from netchu.line_finding.tables import LETTER

_GUTTER = 2.5
"""Least width of the blank strip between two columns, in word heights; gaps between words are below one."""

_LEAST_WIDTH = 8
"""Least width of a column, in word heights; labels of a form or numbers of lines are narrower."""

_LEAST_LINES = 3
"""Least number of lines of a column; gaps of fewer lines may lie one below the other by chance."""

_FILLED = 0.5
"""Least width of most lines of a column, as a share of its width; in a table or a form, cells are partly empty."""


def find_columns(ink: np.ndarray, word_height: float) -> list[tuple[int, int]]:
    """Return the left and right end, exclusive, of each column of text; the ends of the page if there is only one.

    Args:
        ink: uint8 (height, width), 0 or 1, level and without ruled lines.
        word_height: pixels.
    """
    width = ink.shape[1]
    inked = np.flatnonzero(_keep_letters(ink, word_height).any(axis=0))
    gaps = np.flatnonzero(np.diff(inked) > _GUTTER * word_height)
    middles = [int(inked[gap] + inked[gap + 1]) // 2 for gap in gaps]
    ends = [0, *middles, width]
    columns = list(itertools.pairwise(ends))
    if len(columns) > 1 and all(_is_column(ink[:, left:right], word_height) for left, right in columns):
        return columns
    return [(0, width)]


def _keep_letters(ink: np.ndarray, word_height: float) -> np.ndarray:
    """Return ink without dust, and without what the upper or lower edge cuts, such as the shadow in a fold."""
    pieces = find_pieces(ink)
    is_letter = (pieces.height > LETTER * word_height) & (pieces.top > 0)
    return keep_pieces(ink, pieces, is_letter & (pieces.top + pieces.height < ink.shape[0]))


def _is_column(ink: np.ndarray, word_height: float) -> bool:
    """Return True if a part of a page consists of several lines of similar width."""
    inked = np.flatnonzero(_keep_letters(ink, word_height).any(axis=0))
    if not len(inked):
        return False
    width = inked[-1] - inked[0] + 1
    # Words become one piece per line: joined along the line, and reduced to their middles across it.
    gap = max(round(1.5 * word_height), 1)
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 2 * gap + 1), np.uint8))
    half = max(round(word_height / 4), 1)
    widths = find_pieces(cv2.erode(joined, np.ones((half, 1), np.uint8))).width
    lines = widths[widths > 2 * word_height]
    return width >= _LEAST_WIDTH * word_height and (lines >= _FILLED * width).sum() >= max(_LEAST_LINES, len(lines) / 2)
