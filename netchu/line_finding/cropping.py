"""Crops of single text lines: level, at the page's scale, without their neighbours and without ruled lines."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.affine import compose
from netchu.line_finding.level_crops import crop_level, estimate_paper_colour
from netchu.line_finding.line_map import LineMap
from netchu.pictures.illumination import to_grey


class PageCell(NamedTuple):
    """A cell of a table on a page."""

    row: int  # of the table, from 0
    column: int  # of the table, from 0
    corners: np.ndarray  # float32 (4, 2), as those of a line


class TextLine(NamedTuple):
    """A line of writing on a page."""

    corners: np.ndarray  # float32 (4, 2), x and y in pixels of the page: top left, top right, bottom right, bottom left
    image: np.ndarray  # uint8 (height, width) or (height, width, 3): this line alone, level, at the page's scale
    region: int = 0  # number of the column or table on the page, from 0
    cell: PageCell | None = None  # None outside tables


def crop_lines(image: np.ndarray, line_map: LineMap) -> list[TextLine]:
    """Crop every line of `line_map` from its picture, uint8 grey, RGB or RGBA."""
    if image.ndim == 3 and image.shape[2] == 4:
        image = to_grey(image)
    paper = estimate_paper_colour(image)
    return [_crop_line(image, paper, line_map, number) for number in range(1, len(line_map.slopes) + 1)]


def _crop_line(image: np.ndarray, paper: np.ndarray, line_map: LineMap, number: int) -> TextLine:
    corners, (width, height) = _locate_crop(line_map, number)
    crop = crop_level(image, paper, corners, (width, height))
    # Nearest neighbour: a mask has no values between 0 and 1.
    to_crop = compose(cv2.invertAffineTransform(line_map.matrix), crop.matrix)
    hidden = cv2.warpAffine(_mask_other_ink(line_map, number), to_crop, (width, height), flags=cv2.INTER_NEAREST) > 0
    crop.image[hidden] = crop.background[hidden]
    return TextLine(corners, crop.image, line_map.regions[number - 1], _locate_cell(line_map, number))


def _locate_cell(line_map: LineMap, number: int) -> PageCell | None:
    """Return the cell of a line in the picture, None outside tables."""
    cell = line_map.cells[number - 1]
    if cell is None:
        return None
    left, top, right, bottom = cell.box
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return PageCell(cell.row, cell.column, _map_to_picture(line_map, corners))


def _locate_crop(line_map: LineMap, number: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the corners of a line in the picture, as in `TextLine`, and the width and height of its crop."""
    rows, columns = np.nonzero(line_map.numbers == number)
    angle = np.arctan(line_map.slopes[number - 1])
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-np.sin(angle), np.cos(angle)])
    points = np.stack([columns, rows], axis=1)
    margin = line_map.word_height / 6 + 1
    u, v = points @ along, points @ across
    left, right, top, bottom = u.min() - margin, u.max() + margin, v.min() - margin, v.max() + margin
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    corners = corners @ np.stack([along, across])  # on the copy
    scale = 1 / np.hypot(*line_map.matrix[:, 0])
    size = max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1)
    return _map_to_picture(line_map, corners), size


def _map_to_picture(line_map: LineMap, points: np.ndarray) -> np.ndarray:
    """Return points, (points, 2), of the copy as float32 points of the picture."""
    inverse = cv2.invertAffineTransform(line_map.matrix)
    return (points @ inverse[:, :2].T + inverse[:, 2]).astype(np.float32)


def _mask_other_ink(line_map: LineMap, number: int) -> np.ndarray:
    """Return a mask, uint8 0 or 1 on the copy, of all ink and rules that are not part of the line."""
    square = np.ones((3, 3), np.uint8)
    line = cv2.dilate((line_map.numbers == number).astype(np.uint8), square)
    others = (line_map.numbers != 0) & (line_map.numbers != number)
    return cv2.dilate(others.astype(np.uint8), square) & (1 - line)
