"""The text lines in the cells of tables."""

from collections.abc import Sequence

import numpy as np

from netchu.line_finding.assignment import assign_ink
from netchu.line_finding.blocks import surround_cells
from netchu.line_finding.pieces import find_pieces
from netchu.line_finding.ridges import find_ridges
from netchu.line_finding.tables import LETTER, Cell

_IN_CELL = 0.25
"""Least share of a piece of ink in a cell from which it belongs to the cell; if two cells have so much, it is divided.
Tails of letters reach into the cell below."""

_TWO_LINES = 2.6
"""Least height of the ink of two lines, in word heights."""


def divide_ink(ink: np.ndarray, labels: np.ndarray, tables: Sequence[Sequence[Cell]]) -> tuple[np.ndarray, np.ndarray]:
    """Divide ink into that of the cells of tables and that of the text around them.

    Args:
        ink: uint8 (height, width), 0 or 1, without ruled lines.
        labels: from `find_tables`.
        tables: the cells of each table, in the order of their labels.

    Returns:
        int32 (height, width), the number of the cell from 1 of each pixel of ink, else 0; and the ink around the
        tables, uint8 (height, width), 0 or 1.
    """
    count = sum(map(len, tables))
    pieces = find_pieces(ink)
    rows, columns, piece = pieces.rows, pieces.columns, pieces.numbers
    label = labels[rows, columns]
    shape = len(pieces.area), count + 2  # outside, cells, lines
    votes = np.bincount(piece * shape[1] + label % shape[1], minlength=shape[0] * shape[1]).reshape(shape)
    least = _IN_CELL * pieces.area
    in_cells = votes[:, 1:-1]
    cell_of_piece = np.where(in_cells.max(axis=1) >= least, in_cells.argmax(axis=1) + 1, 0)
    x, y = pieces.find_centres()
    first = 0
    for cells in tables:
        left, top, right, bottom = surround_cells(cells)
        inside = (cell_of_piece == 0) & (x >= left) & (x < right) & (y >= top) & (y < bottom)
        is_line = inside & (votes[:, -1] >= pieces.area / 2)
        cell_of_piece[is_line] = -1
        # Writing between cells is read with the nearest one, so that none is lost.
        for index in np.flatnonzero(inside & ~is_line):
            distances = [_distance(cell, x[index], y[index]) for cell in cells]
            cell_of_piece[index] = first + 1 + int(np.argmin(distances))
        first += len(cells)
    is_divided = ((in_cells >= least[:, None]).sum(axis=1) > 1)[piece] & (label > 0)
    cell = np.where(is_divided, label, cell_of_piece[piece])
    numbers, text = np.zeros(ink.shape, np.int32), np.zeros_like(ink)
    numbers[rows, columns] = np.maximum(cell, 0)
    text[rows, columns] = cell == 0
    return numbers, text


def _distance(cell: Cell, x: float, y: float) -> float:
    """Return the distance in pixels of a point from a cell."""
    left, top, right, bottom = cell.box
    return max(left - x, x - right, 0) + max(top - y, y - bottom, 0)


def find_cell_lines(ink: np.ndarray, word_height: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the text lines of a cell. In a cell of one line, all ink belongs to it, be it a single digit.

    Args:
        ink: uint8 (height, width), 0 or 1, of the cell alone.
        word_height: pixels.

    Returns:
        int16 (height, width), the number of the line from 1, 0 for paper, -1 for ink of no line; and the slopes of the
        lines.
    """
    if not (find_pieces(ink).height > LETTER * word_height).any():
        return -ink.astype(np.int16), np.zeros(0)
    inked_rows = np.flatnonzero(ink.any(axis=1))
    if inked_rows[-1] - inked_rows[0] >= _TWO_LINES * word_height:
        numbers, slopes = assign_ink(ink, *find_ridges(ink, word_height), word_height)
        if len(slopes) > 1:
            return numbers, slopes
    return ink.astype(np.int16), np.zeros(1)
