"""Tests of text for files and terminals."""

import pytest

from netchu.core.printing import escape_unprintable


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Số 1\n", "Số 1\n"),
        ("a\ud800", "a\\ud800"),  # half a character, from an escape in JSON
        (b"\xff.png".decode("utf-8", "surrogateescape"), "\\udcff.png"),  # a file's name that is not UTF-8
    ],
)
def test_escapes_characters_that_utf8_cannot_encode(text, escaped):
    assert escape_unprintable(text) == escaped
    assert escaped.encode("utf-8")
