"""The fixed Vietnamese charset: what the network can write, and how text is brought into that form.

Fixed, not taken from the training labels, because test lines hold letters that never occur in 1,838 training lines.
The CTC blank is the last class, `len(CHARSET)`.
"""

import string
import unicodedata

_TONES = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
"""Level, acute, grave, hook above, tilde, dot below, as combining characters."""

_VOWELS = "aăâeêioôơuưy"
_CONSONANTS = "bcdđfghjklmnpqrstvwxz"

_LETTERS = "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES) + _CONSONANTS

CHARSET = " " + string.digits + string.punctuation + "".join(sorted(_LETTERS + _LETTERS.upper()))
"""Space, digits, ASCII punctuation and every precomposed Vietnamese letter in both cases, 229 in all."""

BLANK = len(CHARSET)
"""Index of the CTC blank."""

_INDEX = {character: index for index, character in enumerate(CHARSET)}

LOWER = tuple(_INDEX[character.lower()] for character in CHARSET)
"""For each class that of the same letter in lower case; digits and punctuation are their own."""


def normalise(text: str) -> str:
    """Text in NFC, runs of white space as one space, none at the ends; control and format characters dropped."""
    text = " ".join(text.split())
    text = "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cf"))
    return " ".join(unicodedata.normalize("NFC", text).split())


def unknown_characters(text: str) -> str:
    """The characters of `text` outside the charset, each once, sorted."""
    return "".join(sorted(set(text) - _INDEX.keys()))


def encode(text: str) -> list[int]:
    """Class of each character of `text`; raises KeyError for a character outside the charset."""
    return [_INDEX[character] for character in text]


def decode(classes: list[int]) -> str:
    """The text of `classes`, the inverse of `encode`."""
    return "".join(CHARSET[index] for index in classes)
