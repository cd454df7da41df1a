"""The assignment of every piece of ink to a text line, or to none."""

import itertools

import numpy as np

from netchu.line_finding.pieces import find_pieces

_UPPER_SHARE = 0.45
"""Share of the distance between two lines' middles that belongs to the upper line. It is below one half because marks
above the letters reach farther than the tails below."""


def assign_ink(
    ink: np.ndarray, middles: np.ndarray, slopes: np.ndarray, word_height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Assign ink to text lines; ink far from any line, long strokes across the page and dust belong to none.

    Args:
        ink: uint8 (height, width), 0 or 1.
        middles: y coordinate of every line at every column, (lines, width), from top to bottom.
        slopes: of the lines, (lines,).
        word_height: pixels.

    Returns:
        int16 (height, width): the number of the line from 1, 0 for paper, -1 for ink of no line; and the slopes of the
        lines that have ink, numbered in this order.
    """
    count = len(middles)
    numbers = np.zeros(ink.shape, np.int16)
    if not count:
        return numbers, slopes
    pieces = find_pieces(ink)
    rows, columns, piece = pieces.rows, pieces.columns, pieces.numbers
    line = _nearest_lines(rows, columns, middles)
    on_middle = np.abs(rows - middles[line, columns]) < 0.3 * word_height
    line = _choose_lines(piece, line, on_middle, (len(pieces.area), count))
    closest = np.full(len(pieces.area), np.inf)
    np.minimum.at(closest, piece, np.abs(rows - middles[line, columns]))
    far = closest > 1.3 * word_height
    width, height = pieces.width, pieces.height
    stroke_across_page = (height > 6 * word_height) & (pieces.area < 0.2 * height * width)
    line = np.where((far | stroke_across_page)[piece], -1, line)
    # A line has letters; specks and marks alone are not a line, nor are the sides of a frame.
    tall = (height[piece] > 0.4 * word_height) & (line >= 0)
    bar = (width > 8 * height) | ((height > 5 * width) & (height > 1.2 * word_height))
    has_letters = np.bincount(line[tall & ~bar[piece]], minlength=count) > 0
    new_numbers = np.append(np.where(has_letters, np.cumsum(has_letters), -1), -1)  # the last element is for line -1
    number = _remove_dust(new_numbers[line], columns, tall, 1.5 * word_height)
    numbers[rows, columns] = number
    return numbers, slopes[has_letters]


def _nearest_lines(rows: np.ndarray, columns: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """Return the index of the line whose strip each pixel lies in."""
    nearest = np.zeros(len(rows), np.intp)
    for upper, lower in itertools.pairwise(middles):
        nearest += rows > (upper + _UPPER_SHARE * (lower - upper))[columns]
    return nearest


def _choose_lines(piece: np.ndarray, nearest: np.ndarray, on_middle: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return one line for all pixels of a piece: the nearest line of most of them.

    A piece that crosses the middles of several lines contains letters of each of them. It is divided: each pixel keeps
    its own nearest line.

    Args:
        piece, nearest: index of piece and nearest line of each pixel.
        on_middle: True for pixels on the middle of their nearest line.
        shape: number of pieces and of lines.
    """
    pieces, lines = shape
    votes = np.bincount(piece * lines + nearest, minlength=pieces * lines).reshape(shape)
    crossed = np.zeros(shape, bool)
    crossed[piece[on_middle], nearest[on_middle]] = True
    joins_lines = crossed.sum(axis=1) > 1
    return np.where(joins_lines[piece], nearest, votes.argmax(axis=1)[piece])


def _remove_dust(numbers: np.ndarray, columns: np.ndarray, tall: np.ndarray, reach: float) -> np.ndarray:
    """Set to -1 the numbers of small ink more than `reach` pixels left or right of its line's letters."""
    assigned = numbers > 0
    first, last = np.full(numbers.max(initial=0) + 1, np.inf), np.full(numbers.max(initial=0) + 1, -np.inf)
    with_letters = tall & assigned
    np.minimum.at(first, numbers[with_letters], columns[with_letters])
    np.maximum.at(last, numbers[with_letters], columns[with_letters])
    left, right = first[numbers[assigned]], last[numbers[assigned]]
    outside = (columns[assigned] < left - reach) | (columns[assigned] > right + reach)
    numbers = numbers.copy()
    numbers[assigned] = np.where(outside & ~tall[assigned], -1, numbers[assigned])
    return numbers
