"""Tables of a reader's errors for plots: which tones and letters it confuses, and for which lines it errs most."""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from netchu.evaluation.error_kinds import KINDS, TONES, Pair, share_edits, split_letter
from netchu.evaluation.metrics import Edits, percent, rate

CONFUSIONS = 20
"""Confusions of letters in their table."""

WRITERS = 30
"""Writers in their table."""

LENGTHS = 5
"""Lengths of a line, in characters, that are taken together."""

_VOWELS = frozenset("aeiouy")


def cer_by_kind(aligned: Iterable[Sequence[Pair]], edits: Edits) -> list[dict]:
    """The part of the CER that each of KINDS makes up, in percent; `lines` are those in which it occurs.

    The parts add up to the CER, but for rounding.
    """
    shares = [share_edits(pairs) for pairs in aligned]
    length = edits.reference.sum()
    return [
        {
            "kind": kind,
            "cer": percent(rate(float(sum(line[kind] for line in shares)), length)),
            "lines": sum(line[kind] > 0 for line in shares),
        }
        for kind in KINDS
    ]


def tone_confusions(pairs: Iterable[Pair]) -> list[dict]:
    """How often each tone is read as each, over all vowels that were read as vowels.

    Rows of `reference`, `prediction`, `count` and `percent`, of those with the tone `reference`.
    """
    counts: Counter[Pair] = Counter()
    for pair, count in Counter(pairs).items():
        if all(character.isalpha() for character in pair):
            letters = [split_letter(character) for character in pair]
            if all(letter.base in _VOWELS for letter in letters):
                counts[TONES[letters[0].tone], TONES[letters[1].tone]] += count
    return _confusions(counts, itertools.product(TONES.values(), repeat=2))


def letter_confusions(pairs: Iterable[Pair]) -> list[dict]:
    """The CONFUSIONS commonest confusions among letters and digits, tone and case aside; rows as `tone_confusions`."""
    counts: Counter[Pair] = Counter()
    for (reference, prediction), count in Counter(pairs).items():
        if reference.isalnum() and prediction.isalnum():
            counts[_plain(reference), _plain(prediction)] += count
    confused = [pair for pair in counts if pair[0] != pair[1]]
    return _confusions(counts, sorted(confused, key=lambda pair: (-counts[pair], pair))[:CONFUSIONS])


def _confusions(counts: Counter[Pair], shown: Iterable[Pair]) -> list[dict]:
    totals: Counter[str] = Counter()
    for (reference, _), count in counts.items():
        totals[reference] += count
    return [
        {
            "reference": reference,
            "prediction": prediction,
            "count": counts[reference, prediction],
            "percent": round(100 * counts[reference, prediction] / max(totals[reference], 1), 2),
        }
        for reference, prediction in shown
    ]


def cer_by(name: str, groups: Sequence, edits: Edits) -> list[dict]:
    """The CER in percent of each group of lines, the groups sorted: rows of `name`, `cer` and `lines`.

    A group whose references are all empty has the CER that `error_rates` gives them: 0, or 100 with insertions.
    """
    members: dict = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    return [
        {
            name: group,
            "cer": percent(rate(edits.edits[places].sum(), edits.reference[places].sum())),
            "lines": len(places),
        }
        for group, places in sorted(members.items())
    ]


def cer_by_length(edits: Edits) -> list[dict]:
    """`cer_by` the length of the reference; `characters` is the middle of the LENGTHS lengths taken together."""
    return cer_by("characters", [int(n) // LENGTHS * LENGTHS + LENGTHS // 2 for n in edits.reference], edits)


def cer_by_writer(sources: Sequence[str], writers: Sequence[str | None], edits: Edits) -> list[dict]:
    """`cer_by` the writer, the WRITERS with the highest CER, highest first; those unknown are one a source."""
    names = [writer or f"{source}, unknown" for source, writer in zip(sources, writers, strict=True)]
    return sorted(cer_by("writer", names, edits), key=lambda row: (-row["cer"], row["writer"]))[:WRITERS]


def _plain(character: str) -> str:
    """A letter in lower case without its tone; a digit as it is."""
    signs = unicodedata.normalize("NFD", character.lower())
    return unicodedata.normalize("NFC", "".join(sign for sign in signs if sign not in TONES))
