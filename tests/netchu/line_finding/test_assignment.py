"""Assignment: each drawn piece of ink belongs to the right line, or to none."""

import numpy as np
import pytest

from netchu.line_finding.assignment import assign_ink

WORD = 20
MIDDLES = np.repeat([[60.0], [120.0]], 400, axis=1)
"""Two level lines."""


def letters() -> np.ndarray:
    """Draw letters on both lines."""
    ink = np.zeros((260, 400), np.uint8)
    for middle in (60, 120):
        for x in range(100, 300, 20):
            ink[middle - 8 : middle + 8, x : x + 8] = 1
    return ink


def numbers_of(ink: np.ndarray) -> np.ndarray:
    return assign_ink(ink, MIDDLES, np.array([0.0, 0.1]), WORD)[0]


def test_assigns_letters_to_their_line():
    numbers, slopes = assign_ink(letters(), MIDDLES, np.array([0.0, 0.1]), WORD)
    assert set(np.unique(numbers[:90])) == {0, 1} and set(np.unique(numbers[90:])) == {0, 2}
    np.testing.assert_array_equal(numbers > 0, letters() > 0)
    assert slopes.tolist() == [0.0, 0.1]


@pytest.mark.parametrize(
    ("piece", "number"),
    [
        ((slice(40, 44), slice(150, 156)), 1),  # a mark above the first line
        ((slice(92, 96), slice(150, 156)), 2),  # a mark between the lines, nearer to the lower
        ((slice(72, 84), slice(150, 154)), 1),  # a tail of the first line
        ((slice(200, 210), slice(150, 160)), -1),  # far below both
        ((slice(60, 62), slice(380, 382)), -1),  # dust right of the letters
        ((slice(60, 62), slice(310, 312)), 1),  # a full stop
        ((slice(50, 70), slice(370, 380)), 1),  # a letter after a gap
    ],
)
def test_assigns_other_pieces(piece, number):
    ink = letters()
    ink[piece] = 1
    assert (numbers_of(ink)[piece] == number).all()


def test_divides_a_piece_that_joins_two_lines():
    ink = letters()
    ink[55:125, 320:324] = 1
    column = numbers_of(ink)[55:125, 321]
    assert set(column) == {1, 2} and (np.diff(column) >= 0).all()


def test_stroke_across_the_page_belongs_to_no_line():
    ink = letters()
    for y in range(5, 255):
        ink[y, 20 + y // 4 : 24 + y // 4] = 1
    assert (numbers_of(ink)[5:255, :88][ink[5:255, :88] > 0] == -1).all()


def test_line_of_marks_alone_is_dropped_and_later_lines_renumbered():
    ink = letters()
    ink[30:90] = 0
    ink[58:62, 150:156] = 1
    numbers, slopes = assign_ink(ink, MIDDLES, np.array([0.0, 0.1]), WORD)
    assert slopes.tolist() == [0.1]
    assert set(np.unique(numbers[:90])) == {-1, 0} and set(np.unique(numbers[90:])) == {0, 1}


def test_line_of_bars_alone_is_dropped():
    ink = letters()
    ink[30:90] = 0
    ink[58:62, 50:350] = ink[45:75, 350:354] = 1
    numbers, _ = assign_ink(ink, MIDDLES, np.array([0.0, 0.1]), WORD)
    assert set(np.unique(numbers[:90])) == {-1, 0}


def test_assigns_no_ink_without_lines():
    numbers, slopes = assign_ink(letters(), np.zeros((0, 400)), np.zeros(0), WORD)
    assert not numbers.any() and not len(slopes)
