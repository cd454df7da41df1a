"""Ridges: the middles of drawn lines are found, those of marks are not."""

import numpy as np
import pytest

from netchu.line_finding.ridges import find_ridges

WIDTH, WORD = 900, 24


def draw(middles: list[float], slope: float = 0.0, gap: int = 0) -> np.ndarray:
    """Draw lines of letters, 10 pixels high, at these heights in the first column; `gap` is without letters."""
    ink = np.zeros((500, WIDTH), np.uint8)
    for middle in middles:
        for x in (x for x in range(20, WIDTH - 20, 12) if abs(x - WIDTH / 2) > gap / 2):
            y = round(middle + slope * x)
            ink[y - 5 : y + 5, x : x + 6] = 1
    return ink


@pytest.mark.parametrize("slope", [-0.05, 0, 0.03])
def test_finds_middles_and_slopes_from_top_to_bottom(slope):
    expected = [120.0, 180.0, 250.0, 400.0]
    middles, slopes = find_ridges(draw(expected, slope), WORD)
    np.testing.assert_allclose(slopes, [slope] * 4, atol=0.005)
    np.testing.assert_allclose(middles, np.array(expected)[:, None] + slope * np.arange(WIDTH), atol=3)


def test_joins_the_parts_of_an_interrupted_line():
    middles, _ = find_ridges(draw([150, 230], gap=300), WORD)
    assert middles.shape == (2, WIDTH)


def test_ignores_a_row_of_marks_above_the_letters():
    ink = draw([150, 230])
    for x in range(100, 800, 50):
        ink[132:136, x : x + 6] = 1
    middles, _ = find_ridges(ink, WORD)
    np.testing.assert_allclose(middles.mean(axis=1), [150, 230], atol=3)


def test_finds_nothing_without_ink():
    middles, slopes = find_ridges(np.zeros((50, 70), np.uint8), WORD)
    assert middles.shape == (0, 70) and slopes.shape == (0,)
