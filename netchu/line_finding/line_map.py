"""The map of a page: the text line of each pixel of ink."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.affine import compose, scaling
from netchu.line_finding.assignment import assign_ink
from netchu.line_finding.blocks import Block, order_blocks
from netchu.line_finding.cell_lines import divide_ink, find_cell_lines
from netchu.line_finding.columns import find_columns
from netchu.line_finding.page_ink import find_ink, measure_word_height, remove_bars, remove_blots
from netchu.line_finding.ridges import find_ridges
from netchu.line_finding.ruled_lines import find_ruled_lines
from netchu.line_finding.sheet import (
    cover_table,
    find_paper_beside_objects,
    find_sheet,
    has_writing_around,
)
from netchu.line_finding.short_lines import add_short_lines
from netchu.line_finding.skew import estimate_skew, rotate
from netchu.line_finding.tables import Cell, find_cells
from netchu.pictures.illumination import normalise_illumination

_PIXELS = 1_500_000
"""A picture is reduced to this number of pixels. The letters of a full page are then about 10 pixels high."""


class LineMap(NamedTuple):
    """The text lines on a reduced and level copy of a picture."""

    matrix: np.ndarray  # (2, 3), from pixels of the picture to those of the copy
    numbers: np.ndarray  # int16 (height, width): number of the line from 1; 0 paper; -1 ink and rules of no line
    slopes: np.ndarray  # (lines,), rise over run
    word_height: float  # pixels of the copy
    regions: list[int]  # (lines,), number of the column or table from 0
    cells: list[Cell | None]  # (lines,), None outside tables


def map_lines(grey: np.ndarray) -> LineMap:
    """Find the text lines of a page, uint8 (height, width)."""
    picture, reduction = _reduce(grey)
    for find in (find_sheet, find_paper_beside_objects):
        sheet = find(picture)
        if sheet is not None and not has_writing_around(picture, sheet):
            picture = cover_table(picture, sheet)
    picture = normalise_illumination(picture)
    picture, rotation = rotate(picture, estimate_skew(find_ink(picture)))
    matrix = compose(reduction, rotation)
    ink = find_ink(picture)
    rules = find_ruled_lines(picture, ink)
    ink[rules > 0] = 0
    ink = remove_blots(ink)
    word_height = measure_word_height(ink)
    if not word_height:
        return LineMap(matrix, np.zeros(ink.shape, np.int16), np.zeros(0), 0, [], [])
    numbers, slopes = np.zeros(ink.shape, np.int16), np.zeros(0)
    regions, cells = [], []
    for found in _find_lines(picture, remove_bars(ink, word_height), word_height):
        shifted = np.where(found.numbers > 0, found.numbers + len(slopes), found.numbers)
        numbers[found.part] = np.where(found.numbers != 0, shifted, numbers[found.part])
        slopes = np.concatenate([slopes, found.slopes])
        regions += [found.region] * len(found.slopes)
        cells += [found.cell] * len(found.slopes)
    numbers[((rules > 0) | (ink > 0)) & (numbers == 0)] = -1
    return LineMap(matrix, numbers, slopes, word_height, regions, cells)


class _FoundLines(NamedTuple):
    """The lines of a column of text or of a cell."""

    part: tuple[slice, slice]  # of the copy
    numbers: np.ndarray  # int16, as in `LineMap`, but of this part and its lines
    slopes: np.ndarray  # (lines,)
    region: int  # number of the column or table, from 0
    cell: Cell | None


def _find_lines(picture: np.ndarray, ink: np.ndarray, word_height: float) -> Iterator[_FoundLines]:
    """Yield the lines of each column of text and of each cell of a table, in the order of reading.

    Args:
        picture: uint8 (height, width), normalised and level.
        ink: uint8 (height, width), 0 or 1, without ruled lines.
        word_height: pixels.
    """
    labels, cells = find_cells(picture, ink, word_height)
    tables = [list(table) for _, table in itertools.groupby(cells, key=lambda cell: cell.table)]
    cell_numbers, text = divide_ink(ink, labels, tables) if tables else (labels, ink)
    region = 0
    for block in order_blocks(tables, Block(0, 0, ink.shape[1], ink.shape[0])):
        if block.table is not None:
            for cell in tables[block.table]:
                part, cell_ink = _crop_number(cell_numbers, cells.index(cell) + 1)
                if cell_ink.size:
                    yield _FoundLines(part, *find_cell_lines(cell_ink, word_height), region, cell)
            region += 1
            continue
        rows = slice(block.top, block.bottom)
        for left, right in find_columns(text[rows, block.left : block.right], word_height):
            columns = slice(block.left + left, block.left + right)
            column = np.ascontiguousarray(text[rows, columns])
            lines = add_short_lines(column, *find_ridges(column, word_height), word_height)
            found = _FoundLines((rows, columns), *assign_ink(column, *lines, word_height), region, None)
            region += len(found.slopes) > 0
            yield found


def _crop_number(numbers: np.ndarray, number: int) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return the part of the page with this number, and a mask of the number there, uint8, 0 or 1."""
    mask = (numbers == number).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(mask)
    part = slice(top, top + height), slice(left, left + width)
    return part, np.ascontiguousarray(mask[part])


def _reduce(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a copy of at most _PIXELS pixels, and the map (2, 3) from the picture to the copy."""
    height, width = grey.shape
    factor = min((_PIXELS / grey.size) ** 0.5, 1)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return reduced, scaling(np.array([size[0] / width, size[1] / height]))
