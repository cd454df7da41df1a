"""The map of a page: the text line of each pixel of ink."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.affine import compose, scaling
from netchu.line_finding.page_ink import find_ink, measure_word_height, remove_bars, remove_blots
from netchu.line_finding.regions import find_regions
from netchu.line_finding.ruled_lines import find_ruled_lines
from netchu.line_finding.sheet import (
    cover_table,
    find_paper_beside_objects,
    find_sheet,
    has_writing_around,
)
from netchu.line_finding.skew import estimate_skew, rotate
from netchu.line_finding.tables import Cell
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
    region = 0
    for lines in find_regions(picture, remove_bars(ink, word_height), word_height):
        for found in lines:
            shifted = np.where(found.numbers > 0, found.numbers + len(slopes), found.numbers)
            numbers[found.part] = np.where(found.numbers != 0, shifted, numbers[found.part])
            slopes = np.concatenate([slopes, found.slopes])
            regions += [region] * len(found.slopes)
            cells += [found.cell] * len(found.slopes)
        region = regions[-1] + 1 if regions else 0
    numbers[((rules > 0) | (ink > 0)) & (numbers == 0)] = -1
    return LineMap(matrix, numbers, slopes, word_height, regions, cells)


def _reduce(grey: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a copy of at most _PIXELS pixels, and the map (2, 3) from the picture to the copy."""
    height, width = grey.shape
    factor = min((_PIXELS / grey.size) ** 0.5, 1)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return reduced, scaling(np.array([size[0] / width, size[1] / height]))
