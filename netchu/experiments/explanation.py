"""Why two runs differ: the difference of their CER by kind of error, and the kinds that make most of it."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from netchu.evaluation.error_kinds import ERROR_KINDS, align_texts, share_edits
from netchu.experiments.comparison import Pair

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
"""What people call the kinds of error."""

MOST = 3
"""Kinds that a sentence names at most: more explain nothing."""


class Part(NamedTuple):
    """What errors of one kind add to the CER of both runs, in percentage points, exact."""

    kind: str  # one of ERROR_KINDS
    a: Fraction
    b: Fraction

    @property
    def difference(self) -> Fraction:
        """B - A: negative where B is better."""
        return self.b - self.a


def difference_by_kind(pairs: Sequence[Pair]) -> list[Part]:
    """A part for each of ERROR_KINDS, the largest difference first; together they make both CERs and their difference.

    Unless every reference is empty: a rate is then no sum of parts, and these are 100 a character.
    """
    length = sum(len(pair.reference) for pair in pairs) or 1
    shares = [
        share_edits(aligned for pair in pairs for aligned in align_texts(pair.reference, getattr(pair, run)))
        for run in "ab"
    ]
    parts = [Part(kind, *(100 * share[kind] / length for share in shares)) for kind in ERROR_KINDS]
    return sorted(parts, key=lambda part: -abs(part.difference))


def main_parts(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """The kinds that make most of the difference, and those that speak against it, the largest first in both.

    Most of it: the fewest kinds that make more than half of all that speaks for the better run, and so of the
    difference; none where that takes more than MOST. Against it: those that are each at least half as large as the
    difference, at most MOST.
    """
    total = sum(part.difference for part in parts)
    ordered = sorted(parts, key=lambda part: -abs(part.difference))
    towards = [part for part in ordered if part.difference * total > 0]
    against = [part for part in ordered if part.difference * total < 0 and 2 * abs(part.difference) >= abs(total)]
    gross = sum(abs(part.difference) for part in towards)
    for count in range(1, min(MOST, len(towards)) + 1):
        if 2 * sum(abs(part.difference) for part in towards[:count]) > gross:
            return towards[:count], against[:MOST]
    return [], against[:MOST]


def signed(points: float) -> str:
    """Percentage points with their sign, as people read them: two decimals, a true minus, no sign before 0.00."""
    return f"{points:+.2f}".replace("-", "−") if round(points, 2) else "0.00"
