"""Explains why two runs differ: splits the difference of their CER by kind of error, and finds the main kinds."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from netchu.evaluation.error_kinds import ERROR_KINDS, align_texts, share_edits
from netchu.experiments.comparison import LinePair

KIND_NAMES = {
    "base": "base letters",
    "mark": "vowel marks",
    "tone": "tones",
    "case": "case",
    "digit": "digits",
    "punctuation": "punctuation",
    "space": "spaces",
    "insertion": "insertions",
    "deletion": "deletions",
}
"""The kinds of error in plain English, in the plural."""

MOST_NAMED = 3
"""Largest number of kinds in a sentence: a longer list would explain nothing."""


class CerPart(NamedTuple):
    """The part of the CER of both runs that is due to one kind of error, in percentage points, exact."""

    kind: str  # one of ERROR_KINDS
    a: Fraction
    b: Fraction

    @property
    def difference(self) -> Fraction:
        """Return B - A in percentage points: negative where B is better."""
        return self.b - self.a


def split_cer_by_kind(pairs: Sequence[LinePair]) -> list[CerPart]:
    """Return a part for each of ERROR_KINDS, the largest difference first; the parts add up to the CER of each run.

    Exception: if every reference is empty, the CER is 0 or 100, and each inserted character adds 100 to a part.
    """
    length = sum(len(pair.reference) for pair in pairs) or 1
    shares = [
        share_edits(aligned for pair in pairs for aligned in align_texts(pair.reference, getattr(pair, run)))
        for run in "ab"
    ]
    parts = [CerPart(kind, *(100 * share[kind] / length for share in shares)) for kind in ERROR_KINDS]
    return sorted(parts, key=lambda part: -abs(part.difference))


def find_main_parts(parts: Sequence[CerPart]) -> tuple[list[CerPart], list[CerPart]]:
    """Return the parts that explain most of the difference, and the largest parts against it, both in order of size.

    A part is for the difference if it has the sign of the sum of all parts, and against it if it has the other sign.

    Returns:
        The fewest parts for the difference that add up to more than half of all parts for it, or none if that takes
        more than MOST_NAMED; and the parts against it that are at least half as large as it, at most MOST_NAMED.
    """
    total = sum(part.difference for part in parts)
    ordered = sorted(parts, key=lambda part: -abs(part.difference))
    in_favour = [part for part in ordered if part.difference * total > 0]
    against = [part for part in ordered if part.difference * total < 0 and 2 * abs(part.difference) >= abs(total)]
    sum_for = sum(abs(part.difference) for part in in_favour)
    for count in range(1, min(MOST_NAMED, len(in_favour)) + 1):
        if 2 * sum(abs(part.difference) for part in in_favour[:count]) > sum_for:
            return in_favour[:count], against[:MOST_NAMED]
    return [], against[:MOST_NAMED]


def format_points(points: float) -> str:
    """Return percentage points with two decimals and a sign, which is a true minus; no sign before 0.00.

    >>> format_points(-0.5)
    '−0.50'
    """
    return f"{points:+.2f}".replace("-", "−") if round(points, 2) else "0.00"
