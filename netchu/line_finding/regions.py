"""The columns of text and the tables of a page, and the lines in them."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.assignment import assign_ink
from netchu.line_finding.blocks import Block, order_blocks
from netchu.line_finding.cell_lines import divide_ink, find_cell_lines
from netchu.line_finding.columns import find_columns
from netchu.line_finding.level_tables import LineGroup, group_lines
from netchu.line_finding.ridges import find_ridges
from netchu.line_finding.short_lines import add_short_lines
from netchu.line_finding.tables import LETTER, Cell, find_tables

Part = tuple[slice, slice]
"""Rows and columns of a page."""


class FoundLines(NamedTuple):
    """The lines of a column of text or of a cell, from top to bottom."""

    part: Part
    numbers: np.ndarray  # int16, in the shape of the part: number of the line from 1; 0 paper; -1 ink of no line
    slopes: np.ndarray  # (lines,), rise over run
    cell: Cell | None = None  # None outside tables


def find_regions(picture: np.ndarray, ink: np.ndarray, word_height: float) -> Iterator[list[FoundLines]]:
    """Yield the lines of each column of text, and of each table cell by cell, in the order of reading.

    Args:
        picture: uint8 (height, width), normalised and level.
        ink: uint8 (height, width), 0 or 1, without ruled lines.
        word_height: pixels.
    """
    labels, tables = find_tables(picture, ink, word_height)
    numbers, text = divide_ink(ink, labels, tables) if tables else (labels, ink)
    firsts = itertools.accumulate(map(len, tables), initial=1)
    numbered = [list(enumerate(cells, first)) for cells, first in zip(tables, firsts, strict=False)]
    for block in order_blocks(tables, Block(0, 0, ink.shape[1], ink.shape[0])):
        if block.table is not None:
            yield [_find_in_cell(numbers, number, cell, word_height) for number, cell in numbered[block.table]]
            continue
        for left, right in find_columns(text[block.top : block.bottom, block.left : block.right], word_height):
            part = slice(block.top, block.bottom), slice(block.left + left, block.left + right)
            yield from _find_in_column(text, part, word_height)


def _find_in_cell(numbers: np.ndarray, number: int, cell: Cell, word_height: float) -> FoundLines:
    """Return the lines of the ink with this number."""
    mask = (numbers == number).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    part = slice(top, top + height), slice(left, left + width)
    if not width:
        return FoundLines(part, mask[part].astype(np.int16), np.zeros(0), cell)
    return FoundLines(part, *find_cell_lines(np.ascontiguousarray(mask[part]), word_height), cell)


def _find_in_column(text: np.ndarray, part: Part, word_height: float) -> Iterator[list[FoundLines]]:
    """Yield the lines of a part of the page: those of text, and cell by cell those of tables without ruling."""
    ink = np.ascontiguousarray(text[part])
    lines = add_short_lines(ink, *find_ridges(ink, word_height), word_height)
    numbers, slopes = assign_ink(ink, *lines, word_height)
    for group in group_lines(numbers, word_height):
        if group.gutters:
            yield list(_divide_rows(part, numbers, slopes, group, LETTER * word_height))
        else:
            in_group = (numbers > group.start) & (numbers <= group.stop)
            yield [FoundLines(part, np.where(in_group, numbers - group.start, 0), slopes[group.start : group.stop])]


def _divide_rows(
    part: Part, numbers: np.ndarray, slopes: np.ndarray, table: LineGroup, least_height: float
) -> Iterator[FoundLines]:
    """Yield the line of each cell of a table without ruling; `least_height` of a line in pixels."""
    first_row, first_column = (side.start for side in part)
    inked = np.flatnonzero(((numbers > table.start) & (numbers <= table.stop)).any(axis=0))
    edges = [int(inked[0]), *table.gutters, int(inked[-1]) + 1]
    for index in range(table.start, table.stop):
        for column, (left, right) in enumerate(itertools.pairwise(edges)):
            line = numbers[:, left:right] == index + 1
            rows = np.flatnonzero(line.any(axis=1))
            if not len(rows) or np.ptp(rows) < least_height:
                continue
            top, bottom = int(rows[0]), int(rows[-1]) + 1
            rows_of_page = slice(first_row + top, first_row + bottom)
            columns_of_page = slice(first_column + left, first_column + right)
            box = columns_of_page.start, rows_of_page.start, columns_of_page.stop, rows_of_page.stop
            yield FoundLines(
                (rows_of_page, columns_of_page),
                line[top:bottom].astype(np.int16),
                slopes[index : index + 1],
                Cell(index - table.start, column, box),
            )
