import string
import unicodedata
from itertools import combinations

import numpy as np
import pytest

from netchu.core.charset import CHARSET
from netchu.synthetic.letters import MARKS, TALL, alphabets, mark, split


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
def test_split(character, base, marks):
    assert split(character) == (base, marks)


def test_every_character_of_the_charset_can_be_drawn():
    drawable = set().union(*alphabets().values())
    for character in CHARSET.strip():
        base, marks = split(character)
        assert base in drawable
        assert set(marks) <= set(MARKS)


def test_each_alphabet_keeps_to_the_lines():
    for name, table in alphabets().items():
        for character, forms in table.items():
            for letter in forms:
                points = np.concatenate(letter)
                assert np.isfinite(points).all()
                where = (name, character)
                if character in string.ascii_uppercase or character.isdigit():
                    assert points[:, 1].max() == pytest.approx(TALL, abs=0.16), where
                elif character in "acemnorsuvwxz":
                    assert points[:, 1].max() == pytest.approx(1, abs=0.15), where
                    assert points[:, 1].min() == pytest.approx(0, abs=0.15), where
                elif character in "bdhkl":
                    assert points[:, 1].max() > 1.4, where
                elif character in "gpqy":
                    assert points[:, 1].min() < -0.4, where


def test_points_lie_close_together():
    steps = [
        np.hypot(*np.diff(stroke, axis=0).T).max()
        for table in alphabets().values()
        for forms in table.values()
        for letter in forms
        for stroke in letter
    ]
    assert max(steps) < 0.2


def test_i_has_no_dot_of_its_own_and_đ_has_a_bar():
    for table in alphabets().values():
        assert all(np.concatenate(letter)[:, 1].max() < 1.1 for letter in table.get("i", ()))
        for plain, barred in (("d", "đ"), ("D", "Đ")):
            for without, with_bar in zip(table.get(plain, ()), table.get(barred, ()), strict=True):
                assert len(with_bar) == len(without) + 1
                bar = with_bar[-1]
                assert np.ptp(bar[:, 0]) > 10 * np.ptp(bar[:, 1])


def test_marks_differ_in_shape():
    def profile(name):
        stroke = mark(name) - mark(name).mean(axis=0)
        along = np.linspace(0, len(stroke) - 1, 16)
        return np.stack([np.interp(along, range(len(stroke)), stroke[:, axis]) for axis in (0, 1)], axis=1)

    for one, other in combinations(MARKS, 2):
        # The direction in which the pen went leaves no trace.
        distance = min(np.abs(profile(one) - profile(other)).max(), np.abs(profile(one)[::-1] - profile(other)).max())
        assert distance > 0.12, (unicodedata.name(one), unicodedata.name(other))
