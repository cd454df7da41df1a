"""Tests of the charset: it is complete, precomposed and fixed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import BLANK, CHARSET, LOWER, decode, encode, normalise, unknown_characters


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


def test_names_each_unknown_character_once():
    assert unknown_characters("Số 5 — 日本日") == "—日本"
    with pytest.raises(KeyError):
        encode("日")


def test_maps_each_class_to_lower_case():
    assert decode([LOWER[index] for index in encode(CHARSET)]) == CHARSET.lower()
