"""The pictures that the benchmark chooses, and its counts."""

import numpy as np

from benchmarks.turned_pictures import choose_pictures, count_turns
from netchu.core.errors import NetchuError
from netchu.pages.page import Page


def page(turns: int) -> Page:
    return Page(width=1, height=1, lines=(), turns=turns)


def test_chooses_pictures_of_each_source_as_they_are_and_photographed():
    image = np.full((40, 200), 255, np.uint8)
    image[15:25, 20:180] = 0
    rows = [{"source": source, "image": image} for source in ("q", "p", "p")]
    names = [name for name, _ in choose_pictures(rows, np.random.default_rng(0))]
    assert names == [*["p", "p, photographed"] * 2, "q", "q, photographed"]


def test_counts_pages_with_the_turns_and_no_errors():
    pages = iter([page(2), page(0), NetchuError("blank"), page(2)])
    assert count_turns(pages, 2, ["p", "p", "q", "r"]) == {"p": 1, "q": 0, "r": 1}
