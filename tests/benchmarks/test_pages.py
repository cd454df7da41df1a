"""The benchmark of pages: lines lie where the page says, and found lines are counted."""

import numpy as np
import pytest

from benchmarks.composed_pages import KINDS, InkLine, collect_lines, compose_page
from benchmarks.pages import Found, compare_lines

BARS = [InkLine(str(number), np.zeros((36, 300 + 20 * number), np.uint8)) for number in range(12)]
"""Lines that are solid black."""


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_lie_on_the_ink_of_the_page(kind):
    page = compose_page(BARS, kind, np.random.default_rng(2))
    assert page.image.shape == page.numbers.shape
    assert set(np.unique(page.numbers)) == set(range(13))
    assert page.image[page.numbers > 0].mean() < 20 < page.image[page.numbers == 0].mean()


def rectangle(numbers: np.ndarray, number: int) -> np.ndarray:
    """Return the corners of the box around a line."""
    rows, columns = np.nonzero(numbers == number)
    left, top, right, bottom = columns.min(), rows.min(), columns.max(), rows.max()
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def test_counts_found_lines_and_their_order():
    page = compose_page(BARS, "columns", np.random.default_rng(2))
    boxes = [rectangle(page.numbers, number) for number in range(1, 13)]
    assert compare_lines(boxes, page) == Found(lines=12, found=12, others=0, followers=11, in_order=11)
    # Across both columns, as if there were one.
    across = [box for pair in zip(boxes[:6], boxes[6:], strict=True) for box in pair]
    assert compare_lines(across, page) == Found(lines=12, found=12, others=0, followers=11, in_order=0)
    halves = [boxes[0] * (0.5, 1) + (boxes[0][0, 0] / 2, 0), boxes[1], boxes[1]]
    assert compare_lines(halves, page) == Found(lines=12, found=1, others=2, followers=0, in_order=0)
    assert compare_lines([], page).format() == ["0", "0", "–"]


def test_lines_have_the_same_word_height():
    lines = collect_lines(None, 3)
    assert all(line.text and 30 < line.ink.shape[0] < 110 and line.ink.min() < 128 for line in lines)
