"""Tests of the charset: it is complete, precomposed and fixed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import (
    BLANK,
    CHARSET,
    LOWER,
    decode,
    encode,
    has_mapped_signs,
    map_signs,
    normalise,
    unknown_characters,
)


def test_contains_every_vietnamese_letter_in_both_cases():
    """Compare with Unicode: each vowel of the alphabet has a precomposed form with each of five tones."""
    for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY":
        for tone in ("ACUTE ACCENT", "GRAVE ACCENT", "HOOK ABOVE", "TILDE", "DOT BELOW"):
            mark = unicodedata.lookup(f"COMBINING {tone}")
            assert unicodedata.normalize("NFC", vowel + mark) in CHARSET
    assert set("đĐ 0123456789.,-/:;()'\"&+wzfjWZFJ") <= set(CHARSET)
    assert len(CHARSET) == len(set(CHARSET)) == BLANK == 229
    assert all(len(character) == 1 and unicodedata.is_normalized("NFC", character) for character in CHARSET)


def test_contains_letters_that_occur_in_the_official_test_set_only():
    assert set("ẫẹw") <= set(CHARSET)


@given(st.text(alphabet=CHARSET))
def test_decodes_encoded_text(text):
    assert decode(encode(text)) == text


@given(st.text())
def test_normalises_to_nfc_and_stays_unchanged_the_second_time(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip() and "  " not in once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Số 5", "Số 5"),
        ("So\u0302\u0301 5", "Số 5"),  # decomposed, as macOS writes it
        ("  Số \t\n 5 ", "Số 5"),
        ("Số\u00a05", "Số 5"),  # no-break space
        ("\ufeffSố\u200b 5\u0007", "Số 5"),  # byte order mark, zero-width space, bell
        ("", ""),
        (" \u200b ", ""),
    ],
)
def test_normalises(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d’Arc ‘a’", "d'Arc 'a'"),
        ("“Tổ 5” „b‟ «c»", '"Tổ 5" "b" "c"'),
        ("5–7 — 8−9 1‐2 3‑4", "5-7 - 8-9 1-2 3-4"),
        ("v.v…", "v.v..."),
        ("\u00d0à Nẵng, \u0189à Nẵng, \u00f0ường, \u0256ường", "Đà Nẵng, Đà Nẵng, đường, đường"),
        ("１２３／４ Ｔổ Ａｂ（ｃ）", "123/4 Tổ Ab(c)"),
        ("Số\u00a05\u202f6\u30007", "Số 5 6 7"),
        ("1⁄2 ﬁ", "1/2 fi"),
    ],
)
def test_maps_typographic_signs(text, expected):
    assert has_mapped_signs(text) and not has_mapped_signs(expected)
    assert normalise(map_signs(text)) == expected and not unknown_characters(expected)
    assert normalise(map_signs(unicodedata.normalize("NFD", text))) == expected


def test_maps_no_sign_of_another_meaning():
    assert map_signs("Å 東 m² 5 € ½") == "Å 東 m² 5 € ½" and not has_mapped_signs(" Å 東 m² 5 €\u00a0")


@given(st.text(alphabet=CHARSET))
def test_keeps_every_character_of_the_charset(text):
    assert map_signs(text) == text and not has_mapped_signs(text)


def test_names_each_unknown_character_once():
    assert unknown_characters("Số 5 — 日本日") == "—日本"
    with pytest.raises(KeyError):
        encode("日")


def test_maps_each_class_to_lower_case():
    assert decode([LOWER[index] for index in encode(CHARSET)]) == CHARSET.lower()
