import string
import unicodedata
from itertools import combinations

import numpy as np
import pytest

from netchu.core.charset import CHARSET
from netchu.synthetic.letters import MARKS, TALL, alphabets, decompose, mark_stroke


@pytest.mark.parametrize(
    ("character", "base", "marks"),
    [
        ("a", "a", ""),
        ("ấ", "a", "\u0302\u0301"),
        ("ậ", "a", "\u0302\u0323"),  # canonical order has the dot below first
        ("ợ", "o", "\u031b\u0323"),
        ("Ữ", "U", "\u031b\u0303"),
        ("đ", "đ", ""),
        ("7", "7", ""),
    ],
)
def test_decomposes_characters(character, base, marks):
    assert decompose(character) == (base, marks)


def test_has_glyphs_for_every_character_of_the_charset():
    drawable = set().union(*alphabets().values())
    for character in CHARSET.strip():
        base, marks = decompose(character)
        assert base in drawable
        assert set(marks) <= set(MARKS)


def test_keeps_glyphs_between_their_lines():
    for name, table in alphabets().items():
        for character, forms in table.items():
            for glyph in forms:
                points = np.concatenate(glyph)
                assert np.isfinite(points).all()
                case = (name, character)
                if character in string.ascii_uppercase or character.isdigit():
                    assert points[:, 1].max() == pytest.approx(TALL, abs=0.16), case
                elif character in "acemnorsuvwxz":
                    assert points[:, 1].max() == pytest.approx(1, abs=0.15), case
                    assert points[:, 1].min() == pytest.approx(0, abs=0.15), case
                elif character in "bdhkl":
                    assert points[:, 1].max() > 1.4, case
                elif character in "gpqy":
                    assert points[:, 1].min() < -0.4, case


def test_places_points_close_together():
    steps = [
        np.hypot(*np.diff(stroke, axis=0).T).max()
        for table in alphabets().values()
        for forms in table.values()
        for glyph in forms
        for stroke in glyph
    ]
    assert max(steps) < 0.2


def test_omits_dot_of_i_and_adds_bar_of_đ():
    for table in alphabets().values():
        assert all(np.concatenate(glyph)[:, 1].max() < 1.1 for glyph in table.get("i", ()))
        for base, barred in (("d", "đ"), ("D", "Đ")):
            for without, with_bar in zip(table.get(base, ()), table.get(barred, ()), strict=True):
                assert len(with_bar) == len(without) + 1
                bar = with_bar[-1]
                assert np.ptp(bar[:, 0]) > 10 * np.ptp(bar[:, 1])


def test_gives_marks_different_shapes():
    def profile(mark):
        stroke = mark_stroke(mark) - mark_stroke(mark).mean(axis=0)
        along = np.linspace(0, len(stroke) - 1, 16)
        return np.stack([np.interp(along, range(len(stroke)), stroke[:, axis]) for axis in (0, 1)], axis=1)

    for first, second in combinations(MARKS, 2):
        # The direction of the pen is not visible.
        distance = min(np.abs(profile(first)[::step] - profile(second)).max() for step in (1, -1))
        assert distance > 0.12, (unicodedata.name(first), unicodedata.name(second))
