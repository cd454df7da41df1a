"""Kinds of errors: base letter, mark, tone, case and so on, for each edit between reference and prediction."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

TONES = {"": "ngang", "\u0300": "huyền", "\u0301": "sắc", "\u0309": "hỏi", "\u0303": "ngã", "\u0323": "nặng"}
"""The combining character of each tone, and its Vietnamese name."""

ERROR_KINDS = ("base", "mark", "tone", "case", "digit", "punctuation", "space", "insertion", "deletion")

CharacterPair = tuple[str, str]
"""A character of the reference and its counterpart in the prediction; "" where one of them has none."""

_EDIT = 1_000_000
"""Cost of an edit, larger than the sum of all dissimilarities of a line."""

_DISSIMILARITY = {"base": 4, "mark": 1, "tone": 1, "case": 1}
"""Cost of letters that differ in a part. The base outweighs the rest: ờ is aligned with ơ rather than with à."""

_CLASS_DISSIMILARITY = 7
"""Cost of characters of different classes, for instance a letter and a digit."""


class LetterParts(NamedTuple):
    """The parts of a letter: for "Ộ" they are "o", combining circumflex, combining dot below, True."""

    base: str  # lower case
    mark: str  # combining; that of â ê ô, ă, ơ ư or a foreign letter, or the stroke of đ
    tone: str  # a key of TONES
    case: bool  # True for a capital


@functools.cache
def split_letter(letter: str) -> LetterParts:
    """Split a letter in NFC into its parts."""
    base, *signs = unicodedata.normalize("NFD", letter.lower().replace("đ", "d\u0335"))
    tone = next((sign for sign in signs if sign in TONES), "")
    return LetterParts(base, "".join(sign for sign in signs if sign != tone), tone, letter != letter.lower())


@functools.cache
def edit_kinds(reference: str, prediction: str) -> tuple[str, ...]:
    """Return the ERROR_KINDS that share the edit of `reference` into `prediction` equally; () for equal characters.

    The first rule that applies decides:

    1. one of them is a space: space
    2. one of them is neither letter nor digit: punctuation
    3. no reference: insertion; no prediction: deletion
    4. one of them is a digit: digit
    5. two letters: all parts that differ

    >>> edit_kinds("Ế", "e")
    ('mark', 'tone', 'case')
    """
    if reference == prediction:
        return ()
    present = [character for character in (reference, prediction) if character]
    if " " in present:
        return ("space",)
    if not all(character.isalnum() for character in present):
        return ("punctuation",)
    if len(present) == 1:
        return ("deletion",) if reference else ("insertion",)
    if not all(character.isalpha() for character in present):
        return ("digit",)
    letters = split_letter(reference), split_letter(prediction)
    parts = zip(LetterParts._fields, *letters, strict=True)
    differing = tuple(part for part, in_reference, in_prediction in parts if in_reference != in_prediction)
    return differing or ("base",)  # foreign letters may be equal in every part


def align_texts(reference: str, prediction: str) -> list[CharacterPair]:
    """Align two texts by character with the fewest edits (Wagner and Fischer, 1974).

    Of all alignments with the fewest edits, return one whose substituted characters are most similar. So a letter with
    a misread tone is paired with its counterpart, even if its neighbour was omitted.

    >>> align_texts("đường", "dơng")
    [('đ', 'd'), ('ư', ''), ('ờ', 'ơ'), ('n', 'n'), ('g', 'g')]
    """
    if reference == prediction:
        return list(zip(reference, prediction, strict=True))
    costs = {character: [_cost(character, predicted) for predicted in prediction] for character in set(reference)}
    rows = [[_EDIT * column for column in range(len(prediction) + 1)]]
    for character in reference:
        above = rows[-1]
        left = above[0] + _EDIT
        row = [left]
        for diagonal, up, cost in zip(above[:-1], above[1:], costs[character], strict=True):
            left = min(diagonal + cost, up + _EDIT, left + _EDIT)
            row.append(left)
        rows.append(row)
    pairs = []
    i, j = len(reference), len(prediction)
    while i or j:
        cost = rows[i][j]
        if i and j and cost == rows[i - 1][j - 1] + _cost(reference[i - 1], prediction[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((reference[i], prediction[j]))
        elif i and cost == rows[i - 1][j] + _EDIT:
            i -= 1
            pairs.append((reference[i], ""))
        else:
            j -= 1
            pairs.append(("", prediction[j]))
    return pairs[::-1]


def share_edits(pairs: Iterable[CharacterPair]) -> dict[str, Fraction]:
    """Count the edits of each of ERROR_KINDS in aligned pairs, as fractions that add up to the number of edits."""
    shares = dict.fromkeys(ERROR_KINDS, Fraction(0))
    for pair, count in Counter(pairs).items():
        kinds = edit_kinds(*pair)
        for kind in kinds:
            shares[kind] += Fraction(count, len(kinds))
    return shares


@functools.cache
def _cost(reference: str, prediction: str) -> int:
    """Return the cost of aligning two characters, neither of them empty."""
    if reference == prediction:
        return 0
    if reference.isalpha() and prediction.isalpha():
        return _EDIT + sum(_DISSIMILARITY[kind] for kind in edit_kinds(reference, prediction))
    same_class = " " not in (reference, prediction) and reference.isalnum() == prediction.isalnum()
    same_class = same_class and reference.isalpha() == prediction.isalpha()
    return _EDIT + (_DISSIMILARITY["base"] if same_class else _CLASS_DISSIMILARITY)
