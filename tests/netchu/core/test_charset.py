"""The charset: complete, precomposed, fixed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import BLANK, CHARSET, LOWER, decode, encode, normalise, unknown_characters


def test_every_vietnamese_letter_in_both_cases():
    """Against Unicode itself: each vowel of the alphabet with each of five tones has one precomposed form."""
    for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY":
        for tone in ("ACUTE ACCENT", "GRAVE ACCENT", "HOOK ABOVE", "TILDE", "DOT BELOW"):
            mark = unicodedata.lookup(f"COMBINING {tone}")
            assert unicodedata.normalize("NFC", vowel + mark) in CHARSET
    assert set("đĐ 0123456789.,-/:;()'\"&+wzfjWZFJ") <= set(CHARSET)
    assert len(CHARSET) == len(set(CHARSET)) == BLANK == 229
    assert all(len(character) == 1 and unicodedata.is_normalized("NFC", character) for character in CHARSET)


def test_letters_that_only_the_official_test_has():
    assert set("ẫẹw") <= set(CHARSET)


@given(st.text(alphabet=CHARSET))
def test_decode_inverts_encode(text):
    assert decode(encode(text)) == text


@given(st.text())
def test_normalise_is_idempotent_and_nfc(text):
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
def test_normalise(text, expected):
    assert normalise(text) == expected


def test_unknown_characters_are_named_once():
    assert unknown_characters("Số 5 — 日本日") == "—日本"
    with pytest.raises(KeyError):
        encode("日")


def test_lower_case_letter_by_letter():
    assert decode([LOWER[index] for index in encode(CHARSET)]) == CHARSET.lower()
