"""Ink of a page: strokes are found in noise and measured, specks and blots are not."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.page_ink import find_ink, measure_word_height, remove_bars, remove_blots


def words(height: int) -> np.ndarray:
    """Draw two rows of outlines `height` pixels high, dark on white; (300, 600)."""
    page = np.full((300, 600), 255, np.uint8)
    for y in (60, 180):
        for x in range(30, 560, 90):
            cv2.rectangle(page, (x, y), (x + 60, y + height - 1), 0, 3)
    return page


@pytest.mark.parametrize("deviation", [0, 12])
def test_finds_strokes_without_specks_and_noise(deviation):
    page = words(40)
    page[10, 10] = 0
    noisy = np.clip(np.random.default_rng(0).normal(page, deviation), 0, 255).astype(np.uint8)
    ink = find_ink(noisy)
    strokes = words(40) == 0
    assert ink[strokes].mean() > 0.95
    assert ink[cv2.dilate(strokes.astype(np.uint8), np.ones((7, 7))) == 0].sum() == 0


def test_keeps_the_faint_end_of_a_stroke_but_not_a_faint_spot():
    page = np.full((60, 200), 255, np.uint8)
    page[20:24, 20:80] = 60
    page[20:24, 80:100] = page[20:24, 150:170] = 155
    ink = find_ink(page)
    assert ink[21, 25:98].all()
    assert not ink[:, 140:].any()


@pytest.mark.parametrize("height", [20, 40, 55])
def test_measures_height_of_words_despite_marks(height):
    page = words(height)
    for x in range(30, 560, 30):
        cv2.circle(page, (x, 150), 4, 0, -1)
    assert measure_word_height((page == 0).astype(np.uint8)) == pytest.approx(height + 2, abs=2)


def test_height_is_zero_without_ink():
    assert measure_word_height(np.zeros((20, 30), np.uint8)) == 0


def test_removes_blots_and_keeps_strokes():
    ink = (words(40) == 0).astype(np.uint8)
    np.testing.assert_array_equal(remove_blots(ink), ink)
    blotted = ink.copy()
    blotted[:, 570:] = 1
    np.testing.assert_array_equal(remove_blots(blotted), ink)


def test_removes_upright_bars_alone():
    bar, letters = np.zeros((300, 200), np.uint8), np.zeros((300, 200), np.uint8)
    bar[:, 90:98] = 1
    letters[20:50, 10:14] = letters[100:130, 20:60] = letters[100:190, 150:165] = 1
    np.testing.assert_array_equal(remove_bars(bar | letters, 30), letters)
