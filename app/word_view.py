"""Cut-outs of a word for its review: the word, and its line in which it is framed."""

from typing import NamedTuple

import cv2
import numpy as np

from app.picture_view import FRAME_COLOUR, convert_to_rgb
from netchu.pages.page import Line, Point

_LINE_HEIGHT, _WORD_HEIGHT = 64, 128
"""Heights of a line and of a word in their cut-outs, without the margin, in pixels."""

_MARGIN = 0.35
"""Margin above, below and beside the line or word, in heights of the line."""

_WIDEST = 4000
"""Largest width of a cut-out, in pixels."""


class WordView(NamedTuple):
    """Cut-outs, uint8 (height, width, 3) RGB."""

    word: np.ndarray
    line: np.ndarray


def cut_word(picture: np.ndarray, line: Line, number: int) -> WordView:
    """Return the cut-outs of a word, counted from 0, of a line of the picture."""
    corners = line.words[number].corners
    rgb = convert_to_rgb(picture)
    in_line, to_line = _level(rgb, line.corners, _LINE_HEIGHT)
    frame = cv2.transform(np.array([corners], np.float32), to_line)
    cv2.polylines(in_line, [np.rint(frame[0]).astype(np.int32)], True, FRAME_COLOUR, 2, cv2.LINE_AA)
    return WordView(_level(rgb, corners, _WORD_HEIGHT)[0], in_line)


def _level(picture: np.ndarray, corners: tuple[Point, ...], height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the area within `corners`, level and `height` high, with a margin, and the affine map into it, (2, 3)."""
    top_left, top_right, _, bottom_left = np.array(corners, np.float32)
    across, down = np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_left - top_left)
    margin = _MARGIN * height
    width = min(height * across / max(down, 1), _WIDEST - 2 * margin)
    target = np.array([(0, 0), (max(width, 1), 0), (0, height)], np.float32) + np.float32(margin)
    source = np.array([top_left, top_right, bottom_left], np.float32)
    if across < 1 or down < 1:  # an area without pixels
        source[1:] = top_left + np.eye(2, dtype=np.float32)
    matrix = cv2.getAffineTransform(source, target)
    size = round(max(width, 1) + 2 * margin), round(height + 2 * margin)
    white = (255, 255, 255)
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_AREA, borderValue=white), matrix
