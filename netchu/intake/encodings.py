"""Conversion of labels in the encodings of Vietnamese before Unicode: TCVN3 (ABC), VNI and Windows code page 1258."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from netchu.core.charset import normalise

ENCODINGS = {"tcvn3": "TCVN3", "vni": "VNI", "cp1258": "CP1258"}
"""Values of `clean.encoding` besides `unicode`, with their names in messages."""

_TCVN3 = {
    first + offset: letter
    for first, letters in (
        (0xA1, "ĂÂÊÔƠƯĐăâêôơưđ"),
        (0xB5, "àảãáạ"),
        (0xBB, "ằẳẵắ"),
        (0xC6, "ặầẩẫấậè"),
        (0xCE, "ẻẽéẹềểễếệìỉ"),
        (0xDC, "ĩíịò"),
        (0xE1, "ỏõóọồổỗốộờởỡớợù"),
        (0xF1, "ủũúụừửữứựỳỷỹýỵ"),
    )
    for offset, letter in enumerate(letters)
}
"""Letters by their bytes. Capital letters with a tone have the bytes of small ones: fonts show them as capitals."""

_TONES = ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
"""Acute, grave, hook above, tilde, dot below, as combining characters."""

_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"

_VNI_MARKS = {
    **dict(zip("ùøûõï", _TONES, strict=True)),
    **{sign: _CIRCUMFLEX + tone for sign, tone in zip("âáàåãä", ("", *_TONES), strict=True)},
    **{sign: _BREVE + tone for sign, tone in zip("êéèúüë", ("", *_TONES), strict=True)},
}
"""The character after a vowel, and the combining characters it stands for."""

_VNI_LETTERS = dict(zip("ôöñíìæóòî", "ơưđíìỉĩịỵ", strict=True))
"""Letters that are one character."""

_VNI = re.compile("([aeouyôö])([ùøûõïâáàåãäêéèúüë])|[ôöñíìæóòî]", re.IGNORECASE)

_ONSET = "(?:b|ch?|d|đ|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x)?"
_NUCLEUS = (
    "(?:uyê|uya|uyu|iêu|yêu|uôi|ươi|ươu|oai|oay|oao|oeo|uây|uêu|iê|yê|uô|ươ|ia|ua|ưa|oa|oă|oe|oo|uâ|uê|uy|uơ|ai|ao|au|ay"
    "|âu|ây|eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|[aăâeêioôơuưy])"
)
_SYLLABLE = re.compile(f"{_ONSET}{_NUCLEUS}(?:ch?|k|m|ng?|nh|p|t)?")

_UNICODE_ONLY = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
"""Letters that no byte of an old encoding shows as."""

_WORDS = 5000
"""Words that are enough to recognise an encoding."""

_FEWEST_WORDS = 2
"""Words that are needed to distrust a text in valid UTF-8."""


def decode_legacy(data: bytes) -> str:
    """Return text of an old encoding as the Western characters of its bytes, which `to_unicode` converts."""
    return data.decode("cp1252", "replace")


def to_unicode(text: str, encoding: str) -> str:
    """Return `text`, whose Western characters are in `encoding`, in Unicode; `unicode` leaves it unchanged.

    A text with other characters is in Unicode already, and left unchanged as well.

    >>> to_unicode("Haø Noäi", "vni"), to_unicode("Hµ Néi", "tcvn3")
    ('Hà Nội', 'Hà Nội')
    """
    if encoding == "unicode" or any(character > "\xff" and character.isalpha() for character in text):
        return text
    if encoding == "tcvn3":
        text = text.translate(_TCVN3)
    elif encoding == "vni":
        text = _VNI.sub(_convert_vni, text)
    else:
        text = re.sub("[\xa0-\xff]+", lambda found: found[0].encode("latin-1").decode("cp1258", "replace"), text)
    return unicodedata.normalize("NFC", text)


def detect_encoding(texts: Iterable[str], valid_utf8: bool = True) -> str | None:
    """Return the key of ENCODINGS in which most words of `texts` are Vietnamese, or None if that is not clear.

    >>> detect_encoding(["Soá 5, Ñöôøng Laùng, Haø Noäi"])
    'vni'

    Args:
        valid_utf8: whether the texts may be in Unicode, and are distrusted only for a good reason.
    """
    words = list(islice((word for text in texts for word in text.split() if not word.isascii()), _WORDS))
    if valid_utf8 and (
        len(words) < _FEWEST_WORDS
        or sum(map(bool, map(_UNICODE_ONLY.search, words))) > 0.1 * len(words)
        or _count_syllables(words, "unicode") > 0.8 * len(words)
    ):
        return None
    counts = {encoding: _count_syllables(words, encoding) for encoding in ENCODINGS}
    second, best = sorted(counts.values())[-2:]
    if not words or best < 0.8 * len(words) or second == best:
        return None
    return max(counts, key=counts.get)


def describe_encoding(encoding: str | None) -> str:
    """Return the end of a message on labels in `encoding`: the remedy."""
    if encoding is None:
        return "save it as UTF-8"
    return f"it looks like {ENCODINGS[encoding]}: set clean.encoding={encoding} in params.yaml, or save it as UTF-8"


def _convert_vni(found: re.Match) -> str:
    text = found[0].lower()
    base = text[0] if found[1] and text[0].isascii() else _VNI_LETTERS[text[0]]
    converted = unicodedata.normalize("NFC", base + (_VNI_MARKS[text[1]] if found[1] else ""))
    return converted if found[0][0].islower() else converted.upper()


def _count_syllables(words: list[str], encoding: str) -> int:
    """Return the number of words that consist of Vietnamese syllables, at most one tone each."""
    return sum(all(map(_is_syllable, _split_word(to_unicode(word, encoding)))) for word in words)


def _split_word(word: str) -> list[str]:
    """Return the runs of letters and signs beyond ASCII of a word."""
    return re.findall(r"(?:[^\W\d_]|[^\x00-\x7f])+", normalise(word).lower())


def _is_syllable(part: str) -> bool:
    decomposed = unicodedata.normalize("NFD", part)
    toneless = "".join(character for character in decomposed if character not in _TONES)
    if len(decomposed) - len(toneless) > 1:
        return False
    toneless = unicodedata.normalize("NFC", toneless)
    return _SYLLABLE.fullmatch(toneless) is not None or (toneless.isascii() and len(toneless) == len(decomposed))
