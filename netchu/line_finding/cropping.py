"""Crops of single text lines: level, at the page's scale, without their neighbours and without ruled lines."""

import cv2
import numpy as np

from netchu.line_finding.affine import compose
from netchu.line_finding.found_lines import PageCell, TextLine
from netchu.line_finding.level_crops import crop_level, estimate_paper_colour
from netchu.line_finding.line_map import LineMap
from netchu.line_finding.pieces import locate_pixels
from netchu.pictures.illumination import to_grey


def crop_lines(image: np.ndarray, line_map: LineMap) -> list[TextLine]:
    """Crop every line of `line_map` from its picture, uint8 grey, RGB or RGBA."""
    if image.ndim == 3 and image.shape[2] == 4:
        image = to_grey(image)
    paper = estimate_paper_colour(image)
    lines = enumerate(_locate_lines(line_map.numbers), 1)
    return [_crop_line(image, paper, line_map, number, points) for number, points in lines]


def _locate_lines(numbers: np.ndarray) -> list[np.ndarray]:
    """Return x and y, (pixels, 2), of the ink of each line of `LineMap.numbers`."""
    rows, columns = locate_pixels(numbers)
    line = numbers[rows, columns]
    order = np.argsort(line, kind="stable")
    points = np.column_stack([columns, rows])[order]
    return np.split(points, np.flatnonzero(np.diff(line[order])) + 1) if len(points) else []


def _crop_line(image: np.ndarray, paper: np.ndarray, line_map: LineMap, number: int, points: np.ndarray) -> TextLine:
    """Crop the line `number`, whose ink has the x and y `points` on the copy."""
    corners_on_copy, size = _locate_crop(line_map, number, points)
    corners = _map_to_picture(line_map, corners_on_copy)
    crop = crop_level(image, paper, corners, size)
    others, corner = _mask_other_ink(line_map.numbers, number, corners_on_copy)
    from_crop = cv2.invertAffineTransform(compose(cv2.invertAffineTransform(line_map.matrix), crop.matrix))
    from_crop[:, 2] -= corner
    # Nearest neighbour: a mask has no values between 0 and 1.
    hidden = cv2.warpAffine(others, from_crop, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    cv2.copyTo(crop.background, hidden, crop.image)
    return TextLine(corners, crop.image, line_map.regions[number - 1], _locate_cell(line_map, number))


def _locate_cell(line_map: LineMap, number: int) -> PageCell | None:
    """Return the cell of a line in the picture, None outside tables."""
    cell = line_map.cells[number - 1]
    if cell is None:
        return None
    left, top, right, bottom = cell.box
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return PageCell(cell.row, cell.column, _map_to_picture(line_map, corners))


def _locate_crop(line_map: LineMap, number: int, points: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Return the corners of a line on the copy, in the order of `TextLine`, and the width and height of its crop."""
    angle = np.arctan(line_map.slopes[number - 1])
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-np.sin(angle), np.cos(angle)])
    margin = line_map.word_height / 6 + 1
    u, v = points @ along, points @ across
    left, right, top, bottom = u.min() - margin, u.max() + margin, v.min() - margin, v.max() + margin
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) @ np.stack([along, across])
    scale = 1 / np.hypot(*line_map.matrix[:, 0])
    return corners, (max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1))


def _map_to_picture(line_map: LineMap, points: np.ndarray) -> np.ndarray:
    """Return points, (points, 2), of the copy as float32 points of the picture."""
    inverse = cv2.invertAffineTransform(line_map.matrix)
    return (points @ inverse[:, :2].T + inverse[:, 2]).astype(np.float32)


def _mask_other_ink(numbers: np.ndarray, number: int, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find all ink and rules between the corners of a line that are not part of it.

    Returns:
        a mask of a part of the copy, uint8 0 or 1, and x and y of its upper left corner.
    """
    # A pixel for the dilation, one for the nearest neighbour.
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 3
    numbers = numbers[top:bottom, left:right]
    square = np.ones((3, 3), np.uint8)
    line = cv2.dilate((numbers == number).astype(np.uint8), square)
    others = ((numbers != 0) & (numbers != number)).astype(np.uint8)
    return cv2.dilate(others, square) & (1 - line), np.array([left, top])
