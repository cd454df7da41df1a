"""Where a reader errs: splits every edit between a reference and a prediction into base, mark, tone, case and so on."""

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

TONES = {"": "ngang", "\u0300": "huyền", "\u0301": "sắc", "\u0309": "hỏi", "\u0303": "ngã", "\u0323": "nặng"}
"""The combining character of each tone, and its Vietnamese name."""

KINDS = ("base", "mark", "tone", "case", "digit", "punctuation", "space", "insertion", "deletion")

Pair = tuple[str, str]
"""A character of the reference and the one of the prediction that stands for it; "" where there is none."""

_EDIT = 1_000_000
"""Cost of an edit: more than all unlikeness in a line together."""

_UNLIKE = {"base": 4, "mark": 1, "tone": 1, "case": 1}
"""Unlikeness of letters that differ in a part. Another base outweighs the rest: ờ is taken for ơ before à."""

_ALIEN = 7
"""Unlikeness of characters of two classes, a letter and a digit for instance."""


class Letter(NamedTuple):
    """The parts of a letter: those of "Ộ" are "o", circumflex, dot below (the two as combining characters), True."""

    base: str  # lower case
    mark: str  # of â ê ô, ă, ơ ư; the stroke of đ; or of a foreign letter
    tone: str  # a key of TONES
    case: bool  # True for a capital


@functools.cache
def split_letter(letter: str) -> Letter:
    """The parts of a letter in NFC."""
    base, *signs = unicodedata.normalize("NFD", letter.lower().replace("đ", "d\u0335"))
    tone = next((sign for sign in signs if sign in TONES), "")
    return Letter(base, "".join(sign for sign in signs if sign != tone), tone, letter != letter.lower())


@functools.cache
def edit_kinds(reference: str, prediction: str) -> tuple[str, ...]:
    """The KINDS among which the edit of `reference` into `prediction` is shared equally; none where they are equal.

    The first of these that holds: either is a space: space; either is neither letter nor digit: punctuation; there is
    no reference: insertion; no prediction: deletion; either is a digit: digit. Two letters: each part in which they
    differ, so that "Ế" read as "e" is a third each of mark, tone and case.
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
    differing = (part for part, one, other in zip(Letter._fields, *letters, strict=True) if one != other)
    return tuple(differing) or ("base",)  # foreign letters may be alike in every part


def align(reference: str, prediction: str) -> list[Pair]:
    """Pairs of characters that turn `reference` into `prediction` with the fewest edits (Wagner and Fischer, 1974).

    Of all ways with the fewest edits it is one whose substituted characters are most alike, so that a letter whose tone
    was misread stands for itself where its neighbour is missing.
    """
    if reference == prediction:
        return list(zip(reference, prediction, strict=True))
    costs = {character: [_cost(character, other) for other in prediction] for character in set(reference)}
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


def share_edits(pairs: Iterable[Pair]) -> dict[str, Fraction]:
    """Edits of each of KINDS among aligned pairs; exact, so that they add up to the number of edits."""
    shares = dict.fromkeys(KINDS, Fraction(0))
    for pair, count in Counter(pairs).items():
        kinds = edit_kinds(*pair)
        for kind in kinds:
            shares[kind] += Fraction(count, len(kinds))
    return shares


@functools.cache
def _cost(reference: str, prediction: str) -> int:
    """Cost of a pair of characters, neither of them empty."""
    if reference == prediction:
        return 0
    if reference.isalpha() and prediction.isalpha():
        return _EDIT + sum(_UNLIKE[kind] for kind in edit_kinds(reference, prediction))
    alike = " " not in (reference, prediction) and reference.isalnum() == prediction.isalnum()
    alike = alike and reference.isalpha() == prediction.isalpha()
    return _EDIT + (_UNLIKE["base"] if alike else _ALIEN)
