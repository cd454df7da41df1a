"""Random lines of text of several kinds, so that a network learns unusual texts as well as usual ones."""

import functools
import gzip
import lzma
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np

from netchu.core.charset import map_signs, normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.synthetic.addresses import address_line
from netchu.synthetic.choice import choose

TextKind = Literal[
    "addresses", "cases", "abbreviations", "numbers", "contacts", "syllables", "english", "sentences"
]  # fmt: skip
"""Kinds of text: addresses as people write them; addresses with the case of each word drawn at random; abbreviations
such as TP.HCM, Q.1 and KP.3; numbers, dates, times and telephone numbers; e-mail and web addresses; syllables that are
well-formed but form no text; English words; parts of the sentences of a file."""

_ONSETS = (*"bcdđghklmnprstvx", "ch", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "")
_RIMES = re.findall(
    r"\w+",
    """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê êch êm
ên ênh êp êt êu i ia ich iêc iêm iên iêng iêt iêu im in inh ip it iu o oa oac oai oan oang oanh oat oăn oe oi om on
ong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uât uc uê ui um un ung uôc uôi uôm uôn uông uôt up ut uy
uyên uyêt ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươt ưt ưu y yên yêu
""",
)
_TONES = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
_STOP_TONES = ("\u0301", "\u0323")
"""A syllable that ends with c, ch, p or t has one of these."""

_UNIT_LETTERS = (
    "Q", "P", "KP", "TP", "TX", "TT", "H", "X", "T", "Đ", "QL", "TL", "HL", "ĐT", "TDP", "KDC", "KCN", "CC", "Lô",
)  # fmt: skip
_INITIALS = (
    "TP.HCM", "TP. HCM", "TPHCM", "Tp.HCM", "TP.HN", "TP.ĐN", "UBND", "HĐND", "CMND", "CCCD", "THPT",
    "THCS", "TNHH", "CP", "ĐH", "CĐ", "BV", "TTYT", "PGS.TS", "ThS.", "BS.", "KS.", "GĐ", "P.GĐ", "v.v.",
    "VN", "Cty", "CN", "BCH", "TW", "ĐTDĐ",
)  # fmt: skip

_SHORT_WORD = re.compile(r"(?<!\S)\S{2,12}(?!\S)")
_CAPITALS = "ABCDĐEGHIKLMNOPQRSTUVXY"

_ENGLISH = re.findall(
    r"\w+",
    """
about address after again all also always and any are back because been before best between black blue book box bring
build business but call can care center change city class clean close code coffee come computer could cover day design
did different do door down each early east email end even every example eye family far fast few file first floor
follow food for free friend from garden get give go good great green group hand happy have head help high home hotel
hour house how idea if important into it job join just keep key kind know land large last learn leave left letter life
light line list live long look love made make many market may mean meet more most move much music must name near need
never new next night north note now number of off office often old on one only open or order other our out over page
paper park part pay people phone picture place plan play point power price problem public quality quick read real red
rest right river road room run same say school sea second see sell service shop short show side simple size small so
some song south start state station still stop store street strong study such sun system table take talk team tell
test than thank that the their them then there they thing think this three time to today together too tower town
travel tree true try turn two under up use very view visit wait walk want warm was watch water way week well west what
when where which white who why will wind window with woman word work world would write year yellow yes you young your
zero
""",
)


def text_line(rng: np.random.Generator, kind: TextKind, max_characters: int, sentences: str | None = None) -> str:
    """Return a line of text of one kind, in NFC and the charset, 2 to `max_characters` characters long.

    >>> text_line(np.random.default_rng(1), "abbreviations", 24)
    'D-T, TT 42'

    Args:
        rng: source of the text.
        kind: of the text.
        max_characters: at least 12.
        sentences: file of the kind "sentences", one a line, plain or compressed by xz or gzip.

    Raises:
        NetchuError: the file `sentences` cannot be read, or has no line that can be drawn.
    """
    if kind == "addresses":
        return address_line(rng, max_characters)
    if kind == "cases":
        return _vary_case(rng, address_line(rng, max_characters))
    if kind == "sentences":
        return _cut_sentence(rng, read_sentences(sentences), max_characters)
    piece, separators = _PIECES[kind]
    separator = choose(rng, separators)
    length = int(rng.integers(6, max_characters + 1))
    line = ""
    while True:
        longer = f"{line}{separator}{piece(rng)}" if line else piece(rng)
        if len(longer) <= (length if line else max_characters):
            line = longer
        elif len(line) > 1:
            return line


@functools.cache
def read_sentences(path: str) -> tuple[str, ...]:
    """Return the lines of a text file in the charset, normalised; raise NetchuError if there is none."""
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(Path(path).suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            lines = [normalise(map_signs(line)) for line in file]
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise NetchuError(f"{path}: cannot be read as UTF-8 text ({error}); name another file") from None
    # Without a short word, no part of a line may fit into the drawn length.
    lines = tuple(line for line in lines if _SHORT_WORD.search(line) and not unknown_characters(line))
    if not lines:
        raise NetchuError(f"{path}: has no line of text in the charset; name another file")
    return lines


def _make_digits(rng: np.random.Generator, count: int) -> str:
    """Return `count` digits, the first of which may be 0."""
    return "".join(map(str, rng.integers(0, 10, count)))


def _vary_case(rng: np.random.Generator, line: str) -> str:
    """Return `line` in lower case, in capitals, or with a case for each word."""
    style = rng.random()
    if style < 0.35:
        return line.lower()
    if style < 0.6:
        return line.upper()
    cases = (str.lower, str.upper, str.capitalize)
    return " ".join(choose(rng, cases)(word) for word in line.split(" "))


def _cut_sentence(rng: np.random.Generator, sentences: tuple[str, ...], max_characters: int) -> str:
    """Return words in a row of a random sentence."""
    while True:
        words = choose(rng, sentences).split(" ")
        start = int(rng.integers(len(words)))
        length, line = int(rng.integers(6, max_characters + 1)), ""
        for word in words[start:]:
            longer = f"{line} {word}".strip()
            if len(longer) > length:
                break
            line = longer
        if len(line) > 1:
            return line


def _make_abbreviation(rng: np.random.Generator) -> str:
    """Return an abbreviation: of a unit and its number, a common one, or random capitals."""
    style = rng.random()
    if style < 0.5:  # Q.1, P. 12, KP3
        number = str(int(rng.integers(1, 10 ** int(rng.integers(1, 3)))))
        letters = choose(rng, _UNIT_LETTERS)
        return f"{letters}{choose(rng, ('.', '.', '. ', '', ' '))}{number}{choose(rng, ('', '', '', 'A', 'B'))}"
    if style < 0.75:
        return choose(rng, _INITIALS)
    letters = [choose(rng, _CAPITALS) for _ in range(int(rng.integers(2, 5)))]
    return choose(rng, ("", "", ".", "-")).join(letters)


def _make_quantity(rng: np.random.Generator) -> str:
    """Return a number, date, time, telephone number or sum."""

    def whole(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    style = int(rng.integers(10))
    if style == 0:
        return f"{whole(1, 10 ** whole(4, 10)):,}".replace(",", ".")
    if style == 1:
        return f"{whole(0, 999)},{whole(0, 99)}{choose(rng, ('', '', '%', ' km', ' kg', ' m2'))}"
    if style == 2:
        return f"{whole(1, 31)}{choose(rng, '/-.')}{whole(1, 12)}{choose(rng, '/-.')}{whole(1930, 2030)}"
    if style == 3:
        return f"{whole(1, 31):02}/{whole(1, 12):02}/{whole(0, 99):02}"
    if style == 4:
        return f"ngày {whole(1, 31)} tháng {whole(1, 12)} năm {whole(1930, 2030)}"
    if style == 5:
        return f"{whole(0, 23)}{choose(rng, ('h', ':', ' giờ '))}{whole(0, 59):02}"
    if style == 6:
        digits = f"0{whole(2, 9)}{_make_digits(rng, 8)}"
        return choose(rng, ("", " ", ".")).join((digits[:4], digits[4:7], digits[7:]))
    if style == 7:
        return f"{choose(rng, ('(028)', '(024)', '+84', '0236'))} {_make_digits(rng, 4)} {_make_digits(rng, 4)}"
    if style == 8:
        return f"{whole(1, 999)}{choose(rng, ('/', '-', ' - ', '+', ' x ', ' = '))}{whole(1, 999)}"
    return _make_digits(rng, whole(1, 12))


def _make_contact(rng: np.random.Generator) -> str:
    """Return an e-mail or web address."""
    names = [_make_ascii_syllable(rng) for _ in range(int(rng.integers(1, 4)))]
    name = choose(rng, ("", "", ".", "_", "-")).join(names)
    if rng.random() < 0.4:
        name += _make_digits(rng, int(rng.integers(1, 5)))
    ending = choose(rng, ("com", "vn", "com.vn", "net", "org", "edu.vn", "gov.vn"))
    if rng.random() < 0.7:
        return f"{name}@{choose(rng, ('gmail', 'yahoo', 'hotmail', 'outlook', _make_ascii_syllable(rng)))}.{ending}"
    return f"{choose(rng, ('www.', 'https://', ''))}{name}.{ending}"


def _make_ascii_syllable(rng: np.random.Generator) -> str:
    """Return a syllable in lower case without marks."""
    decomposed = unicodedata.normalize("NFD", _make_syllable(rng).lower().replace("đ", "d"))
    return "".join(character for character in decomposed if character.isascii())


def _make_syllable(rng: np.random.Generator) -> str:
    """Return a syllable by the rules of Vietnamese spelling, which need not be a word."""
    rime = choose(rng, _RIMES)
    if rime.startswith("y"):
        onset = ""
    else:
        onset = choose(rng, _ONSETS)
        while (onset == "qu" and rime[0] in "uưoôi") or (onset == "gi" and rime[0] == "i"):
            onset = choose(rng, _ONSETS)
        if rime[0] in "ieê":
            onset = {"c": "k", "g": "gh", "ng": "ngh"}.get(onset, onset)
        elif onset == "k":
            onset = "c"
    tone = choose(rng, _STOP_TONES if rime.endswith(("c", "ch", "p", "t")) else _TONES)
    syllable = unicodedata.normalize("NFC", onset + _put_tone(rime, tone))
    return choose(rng, (str.lower, str.lower, str.lower, str.capitalize, str.upper))(syllable)


def _put_tone(rime: str, tone: str) -> str:
    """Return `rime` with the tone on its last marked vowel; else on the last before a consonant, else on the first."""
    vowels = [index for index, letter in enumerate(rime) if letter in "aăâeêioôơuưy"]
    marked = [index for index in vowels if rime[index] in "ăâêôơư"]
    if marked:
        position = marked[-1]
    elif vowels[-1] < len(rime) - 1 or rime in ("oa", "oe", "uy"):
        position = vowels[-1]
    else:
        position = vowels[1] if rime == "oai" else vowels[0]
    return rime[: position + 1] + tone + rime[position + 1 :]


def _choose_english(rng: np.random.Generator) -> str:
    """Return an English word in random case."""
    return choose(rng, (str.lower, str.lower, str.lower, str.capitalize, str.upper))(choose(rng, _ENGLISH))


_PIECES: dict[str, tuple[Callable[[np.random.Generator], str], tuple[str, ...]]] = {
    "abbreviations": (_make_abbreviation, (", ", ", ", " - ", " ")),
    "numbers": (_make_quantity, (", ", "; ", " - ", " ")),
    "contacts": (_make_contact, (", ", " ")),
    "syllables": (_make_syllable, (" ", " ", " ", ", ")),
    "english": (_choose_english, (" ", " ", " ", ", ")),
}
"""Function that makes a piece, and separators, of each kind of text that consists of small pieces."""
