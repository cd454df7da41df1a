"""Short lines below long ones: found by their letters; marks, tails and commas are not lines."""

import numpy as np
import pytest

from netchu.line_finding.short_lines import add_short_lines

WORD = 20
MIDDLES = np.full((1, 500), 60.0)


def draw(letters: int, top: int, height: int) -> np.ndarray:
    """Draw a line of letters around y = 60, and some letters more of that position and height."""
    ink = np.zeros((160, 500), np.uint8)
    for x in range(20, 480, 20):
        ink[52:68, x : x + 14] = 1
    for x in range(20, 20 + 20 * letters, 20):
        ink[top : top + height, x : x + 14] = 1
    return ink


def test_finds_a_short_line_below_a_long_one():
    middles, slopes = add_short_lines(draw(3, 76, 16), MIDDLES, np.array([0.01]), WORD)
    assert slopes.tolist() == [0.01, 0.01]
    np.testing.assert_allclose(middles[:, 100], [60, 84])


@pytest.mark.parametrize(
    ("letters", "top", "height"),
    [(5, 76, 8), (1, 76, 16), (3, 30, 16), (20, 76, 16), (0, 76, 16)],
    ids=["low marks", "one letter", "above", "no shorter line", "no letters"],
)
def test_finds_nothing_else(letters, top, height):
    assert len(add_short_lines(draw(letters, top, height), MIDDLES, np.zeros(1), WORD)[0]) == 1


def test_finds_nothing_without_lines():
    middles, slopes = add_short_lines(draw(3, 76, 16), np.zeros((0, 500)), np.zeros(0), WORD)
    assert middles.shape == (0, 500) and not len(slopes)
