"""Ink: writing is found on every kind of paper, and nothing is found on blank ones."""

import cv2
import pytest

from netchu.pictures.illumination import normalise_illumination
from netchu.pictures.ink import find_ink_box, find_trim_box, has_ink
from tests.netchu.pictures.samples import BLANKS, BOX, VARIANTS, ruled, strokes


@pytest.mark.parametrize("name", VARIANTS)
def test_finds_box_of_writing(name):
    assert has_ink(VARIANTS[name])
    assert find_ink_box(normalise_illumination(VARIANTS[name])) == pytest.approx(BOX, abs=4)


@pytest.mark.parametrize("name", BLANKS)
def test_finds_no_ink_on_blank_pages(name):
    assert not has_ink(BLANKS[name])


def test_trim_keeps_marks_above_and_full_stop_at_end():
    page = strokes(ink=0, paper=255)
    cv2.circle(page, (780, 78), 3, 0, -1)
    cv2.line(page, (300, 14), (308, 8), 0, 3)
    left, top, right, bottom = find_ink_box(page)
    assert (left, top, right, bottom) == pytest.approx((40, 7, 784, 82), abs=3)
    assert find_trim_box(page) == pytest.approx((left - 3, top - 3, right + 3, bottom + 3), abs=2)


def test_keeps_letters_that_touch_a_ruled_line():
    page = ruled(strokes())
    page[62:70, 760:780] = page[62:70, 20:40] = 235
    assert find_ink_box(normalise_illumination(page)) == pytest.approx(BOX, abs=4)
