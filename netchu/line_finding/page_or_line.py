"""The difference between a page and the picture of a single line, which may also show pieces of its neighbours."""

from typing import NamedTuple

import cv2
import numpy as np

from netchu.line_finding.line_map import LineMap
from netchu.line_finding.pieces import find_pieces, typical_height

_RIM = 0.02
"""Ink closer than this to the upper or lower edge counts as cut by it, as a share of the picture's height."""

_TAILS = 0.12
"""Share of the picture's height, from the upper edge, in which letters may be tails of the row above."""

_TALL = 0.5
"""Least height of letters, as a share of the typical height of those of the line with the most ink."""

_MIN_DISTANCE = 0.95
"""Least distance between two lines' middles, in letter heights; marks are closer to their letters."""

_EDGE_DISTANCE = 0.25
"""Least distance between a line's middle and the edge of the picture, as a share of the distance between the lines. The
middle of a neighbour that is cut by the edge is closer to it."""

_JOINING = 0.25
"""Least share of a piece's ink on another line from which it joins the two."""

_MOST_JOINED = 0.6
"""Greatest share of a line's ink in pieces that also belong to another line. If it is greater, one line is divided."""

_LEAST_LETTERS = 0.9
"""Least sum of the widths of a line's letters, in letter heights; there are two of them, or one much wider."""

_LEAST_TAILS = 1.5
"""The same for letters that may be tails of the row above, or marks of the line itself. With 1.0, two of 2,000 pictures
of real lines are divided."""

_LEAST_DENSITY = 0.3
"""Least sum of the widths of such letters, as a share of the width from the first to the last of them. Tails are far
apart: in two real pictures their share is 0.1 and 0.2. Drawn short lines have 0.45 or more."""

_WIDE = 1.5
"""Width of a piece from which it consists of several letters, in letter heights."""

_HALF = 0.5
"""Ink of a line that cannot be a piece of a neighbour, as a share of the ink of the line with the most, in a picture
less than _LINE_ASPECT times as wide as high."""

_LINE_ASPECT = 10
"""Most pictures of single lines are wider, in heights. In them, a neighbour has as much ink as the line itself."""


class _Pieces(NamedTuple):
    """Connected pieces of ink, (pieces,) each; lengths in pixels of the copy."""

    line: np.ndarray  # index of the line with the most of the ink
    joins: np.ndarray  # True if much of the ink belongs to another line
    left: np.ndarray
    width: np.ndarray
    height: np.ndarray
    area: np.ndarray
    top: np.ndarray  # of the ink, as a share of the picture's height
    bottom: np.ndarray


def shows_single_line(line_map: LineMap, shape: tuple[int, ...]) -> bool:
    """Return True if a picture of `shape` shows one line, perhaps with pieces of the lines above and below.

    A second line is one with letters as high as those of the line with the most ink, and far enough from it. Ink that
    is cut by the edge of the picture belongs to a neighbour, and so do a few tails below the upper edge.
    """
    count = len(line_map.slopes)
    if count < 2:
        return True
    height, width = shape[:2]
    pieces = _measure_pieces(line_map, height)
    ink = np.bincount(pieces.line, pieces.area, count)
    joined = np.bincount(pieces.line, pieces.area * pieces.joins, count) > _MOST_JOINED * ink
    # A tight crop of a paragraph also cuts its first and last line.
    if width < _LINE_ASPECT * height and np.count_nonzero((ink >= _HALF * ink.max()) & ~joined) > 1:
        return False
    main = int(ink.argmax())
    cut = (pieces.top < _RIM) | (pieces.bottom > 1 - _RIM)
    letter = _typical_height(pieces, (pieces.line == main) & ~cut) or _typical_height(pieces, pieces.line == main)
    is_bar = (pieces.width > 6 * pieces.height) | ((pieces.height > 4 * pieces.width) & (pieces.height > 1.5 * letter))
    is_letter = ~cut & ~is_bar & (pieces.height > _TALL * letter) & (pieces.height < 3 * letter)
    height_on_copy = height * np.hypot(*line_map.matrix[:, 0])
    middle_of_main = _find_middle(pieces, (pieces.line == main) & is_letter)
    for line in np.flatnonzero(~joined):
        letters = (pieces.line == line) & is_letter
        whole = letters & ~pieces.joins
        if line == main or not whole.any():
            continue
        least = _LEAST_LETTERS if whole.sum() > 1 else _WIDE
        if pieces.top[letters].min() < _TAILS and line < main:
            if _measure_density(pieces, letters) < _LEAST_DENSITY:
                continue
            least = _LEAST_TAILS
        middle = _find_middle(pieces, letters)
        distance = abs(middle - middle_of_main)
        if (
            pieces.width[whole].sum() >= least * letter
            and distance * height_on_copy >= _MIN_DISTANCE * letter
            and min(middle, 1 - middle) > _EDGE_DISTANCE * distance
        ):
            return False
    return True


def _measure_pieces(line_map: LineMap, height: int) -> _Pieces:
    """Return the connected pieces of the ink of a picture, `height` pixels high."""
    numbers, count = line_map.numbers, len(line_map.slopes)
    pieces = find_pieces((numbers > 0).astype(np.uint8))
    rows, columns, piece = pieces.rows, pieces.columns, pieces.numbers
    shape = len(pieces.area), count
    votes = np.bincount(piece * count + numbers[rows, columns] - 1, minlength=shape[0] * count).reshape(shape)
    inverse = cv2.invertAffineTransform(line_map.matrix)
    y = (inverse[1, 0] * columns + inverse[1, 1] * rows + inverse[1, 2]) / height
    top, bottom = np.full(shape[0], np.inf), np.full(shape[0], -np.inf)
    np.minimum.at(top, piece, y)
    np.maximum.at(bottom, piece, y)
    joins = (votes > _JOINING * votes.sum(axis=1, keepdims=True)).sum(axis=1) > 1
    measures = votes.argmax(axis=1), joins, pieces.left, pieces.width, pieces.height, pieces.area, top, bottom
    return _Pieces(*(value[1:] for value in measures))


def _typical_height(pieces: _Pieces, chosen: np.ndarray) -> float:
    return typical_height(pieces.height[chosen], pieces.area[chosen])


def _measure_density(pieces: _Pieces, chosen: np.ndarray) -> float:
    """Return the sum of the widths of chosen pieces as a share of the width from the first to the last of them."""
    left, width = pieces.left[chosen], pieces.width[chosen]
    return float(width.sum() / ((left + width).max() - left.min()))


def _find_middle(pieces: _Pieces, chosen: np.ndarray) -> float:
    """Return the middle of chosen pieces as a share of the picture's height, 0.5 if there are none."""
    if not chosen.any():
        return 0.5
    return float(np.average(((pieces.top + pieces.bottom) / 2)[chosen], weights=pieces.width[chosen]))
