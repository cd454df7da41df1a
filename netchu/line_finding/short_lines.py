"""Short lines close below long ones: too weak for ridges of their own, they are found by their letters."""

import numpy as np

from netchu.line_finding.pieces import find_pieces

_LETTER = 0.6, 2.5
"""Least and greatest height of a letter, in word heights; marks and full stops are smaller."""

_LEAST_LETTERS = 1.2
"""Least sum of the widths of a line's letters, in word heights."""

_MIN_DISTANCE = 0.7
"""Least distance between the middles of the line and of the letters below it, in word heights."""


def add_short_lines(
    ink: np.ndarray, middles: np.ndarray, slopes: np.ndarray, word_height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lines of `find_ridges` and the short ones that it missed, from top to bottom.

    Args:
        ink: uint8 (height, width), 0 or 1, level.
        middles: y coordinate of every line at every column, (lines, width), from top to bottom.
        slopes: of the lines, (lines,).
        word_height: pixels.
    """
    if not len(middles):
        return middles, slopes
    pieces = find_pieces(ink)
    top, width, height = pieces.top, pieces.width, pieces.height
    x, y = np.rint(pieces.find_centres()).astype(np.intp)
    is_letter = (height > _LETTER[0] * word_height) & (height < _LETTER[1] * word_height) & (width < 6 * height)
    nearest = np.abs(middles[:, x] - y).argmin(axis=0)
    distance = top + height / 2 - middles[nearest, x]
    # A letter of the line itself reaches above the middle of the line.
    below = is_letter & (top > middles[nearest, x]) & (distance > _MIN_DISTANCE * word_height)
    on_line = is_letter & (np.abs(distance) < word_height / 2)
    found, slopes_found = [middles], [slopes]
    for line in np.unique(nearest[below]):
        letters, above = below & (nearest == line), on_line & (nearest == line)
        if letters.sum() > 1 and _LEAST_LETTERS * word_height < width[letters].sum() < width[above].sum() / 2:
            found.append(middles[line : line + 1] + np.average(distance[letters], weights=width[letters]))
            slopes_found.append(slopes[line : line + 1])
    middles, slopes = np.concatenate(found), np.concatenate(slopes_found)
    order = np.argsort(middles[:, middles.shape[1] // 2], kind="stable")
    return np.maximum.accumulate(middles[order], axis=0), slopes[order]
