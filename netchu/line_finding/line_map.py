"""The map of a page: the text line of each pixel of ink."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.affine import compose, scaling
from netchu.line_finding.assignment import assign_ink
from netchu.line_finding.columns import find_columns
from netchu.line_finding.page_ink import find_ink, measure_word_height, remove_blots
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
from netchu.pictures.illumination import normalise_illumination

_PIXELS = 1_500_000
"""A picture is reduced to this number of pixels. The letters of a full page are then about 10 pixels high."""


class LineMap(NamedTuple):
    """The text lines on a reduced and level copy of a picture."""

    matrix: np.ndarray  # (2, 3), from pixels of the picture to those of the copy
    numbers: np.ndarray  # int16 (height, width): number of the line from 1; 0 paper; -1 ink and rules of no line
    slopes: np.ndarray  # (lines,), rise over run
    word_height: float  # pixels of the copy


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
        return LineMap(matrix, np.zeros(ink.shape, np.int16), np.zeros(0), 0)
    numbers, slopes = np.zeros(ink.shape, np.int16), np.zeros(0)
    for left, right in find_columns(ink, word_height):
        column = np.ascontiguousarray(ink[:, left:right])
        found = add_short_lines(column, *find_ridges(column, word_height), word_height)
        numbers_of_column, slopes_of_column = assign_ink(column, *found, word_height)
        numbers[:, left:right] = np.where(numbers_of_column > 0, numbers_of_column + len(slopes), numbers_of_column)
        slopes = np.concatenate([slopes, slopes_of_column])
    numbers[(rules > 0) & (numbers == 0)] = -1
    return LineMap(matrix, numbers, slopes, word_height)


def _reduce(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a copy of at most _PIXELS pixels, and the map (2, 3) from the picture to the copy."""
    height, width = grey.shape
    factor = min((_PIXELS / grey.size) ** 0.5, 1)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return reduced, scaling(np.array([size[0] / width, size[1] / height]))
