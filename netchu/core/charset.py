"""The fixed charset of Vietnamese, normalisation of text, and conversion between text and classes.

The charset does not depend on the training labels, because test lines may contain letters that no training line has.
The CTC blank is the last class, `len(CHARSET)`.
"""

import re
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
"""For each class, the class of its lower-case letter; digits and punctuation map to themselves."""

_EQUIVALENTS = {
    **dict.fromkeys("‘’‚‛′ʹʻʼ´ˈ", "'"),
    **dict.fromkeys("“”„‟″«»〝〞", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣", "-"),
    **{"…": "...", "‥": "..", "⁄": "/", "∕": "/", "ﬁ": "fi", "ﬂ": "fl"},
    **{"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"},  # letters of other languages that look the same
    **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},  # full width
}
"""Signs outside the charset that mean the same as characters in it."""

_TO_CHARSET = str.maketrans(_EQUIVALENTS)

_MAPPED = re.compile(f"[{''.join(map(re.escape, _EQUIVALENTS))}\u00a0\u2000-\u200a\u202f\u205f\u3000]")
"""Every sign that is mapped, and the spaces that `normalise` replaces."""


def map_signs(text: str) -> str:
    """Return `text` with typographic signs replaced by what the charset has.

    >>> map_signs("“Tổ 5” – Ðà Nẵng…")
    '"Tổ 5" - Đà Nẵng...'
    """
    return text.translate(_TO_CHARSET)


def has_mapped_signs(text: str) -> bool:
    """Return whether `map_signs` or `normalise` replaces a typographic sign or a special space of `text`."""
    return _MAPPED.search(unicodedata.normalize("NFC", text).strip()) is not None


def normalise(text: str) -> str:
    """Return `text` in NFC, with white space collapsed and stripped, without control and format characters.

    >>> normalise("  Ha\\u0300   No\\u0323\\u0302i\\n")
    'Hà Nội'
    """
    text = " ".join(text.split())
    text = "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cf"))
    return " ".join(unicodedata.normalize("NFC", text).split())


def unknown_characters(text: str) -> str:
    """Return the characters of `text` outside the charset, each once, sorted."""
    return "".join(sorted(set(text) - _INDEX.keys()))


def encode(text: str) -> list[int]:
    """Return the class of each character of `text`; raise KeyError for a character outside the charset."""
    return [_INDEX[character] for character in text]


def decode(classes: list[int]) -> str:
    """Return the text of `classes`, the inverse of `encode`."""
    return "".join(CHARSET[index] for index in classes)
