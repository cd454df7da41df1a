"""Tables of a reader's errors for plots: confusions of tones and letters; CER by kind, source, length and writer."""

import itertools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from netchu.evaluation.error_kinds import ERROR_KINDS, TONES, CharacterPair, share_edits, split_letter
from netchu.evaluation.metrics import Edits, edit_rate, to_percent

CONFUSIONS = 20
"""Most rows in the table of confused letters."""

WRITERS = 30
"""Most rows in the table of writers."""

LENGTH_BIN = 5
"""Width of a bin of line lengths, characters."""

_VOWELS = frozenset("aeiouy")


def cer_by_kind(aligned: Iterable[Sequence[CharacterPair]], edits: Edits) -> list[dict]:
    """Return the part of the CER that each of ERROR_KINDS makes up, in percent, and the number of lines with it.

    The parts add up to the CER, except for rounding.

    Args:
        aligned: the pairs of each line, as `align_texts` returns them.
        edits: character edits of the same lines.
    """
    shares = [share_edits(pairs) for pairs in aligned]
    length = edits.reference.sum()
    return [
        {
            "kind": kind,
            "cer": to_percent(edit_rate(float(sum(line[kind] for line in shares)), length)),
            "lines": sum(line[kind] > 0 for line in shares),
        }
        for kind in ERROR_KINDS
    ]


def tone_confusions(pairs: Iterable[CharacterPair]) -> list[dict]:
    """Count how often each tone is read as each tone, over all vowels that were read as vowels.

    Returns:
        Rows of `reference`, `prediction`, `count`, and `percent` of the vowels with the tone `reference`.
    """
    counts: Counter[CharacterPair] = Counter()
    for pair, count in Counter(pairs).items():
        if all(character.isalpha() for character in pair):
            letters = [split_letter(character) for character in pair]
            if all(letter.base in _VOWELS for letter in letters):
                counts[TONES[letters[0].tone], TONES[letters[1].tone]] += count
    return _confusion_rows(counts, itertools.product(TONES.values(), repeat=2))


def letter_confusions(pairs: Iterable[CharacterPair]) -> list[dict]:
    """Return the CONFUSIONS most frequent confusions of letters and digits, without tone and case.

    The rows are like those of `tone_confusions`.
    """
    counts: Counter[CharacterPair] = Counter()
    for (reference, prediction), count in Counter(pairs).items():
        if reference.isalnum() and prediction.isalnum():
            counts[_drop_tone_and_case(reference), _drop_tone_and_case(prediction)] += count
    confused = [pair for pair in counts if pair[0] != pair[1]]
    return _confusion_rows(counts, sorted(confused, key=lambda pair: (-counts[pair], pair))[:CONFUSIONS])


def _confusion_rows(counts: Counter[CharacterPair], shown: Iterable[CharacterPair]) -> list[dict]:
    """Return a row for each pair in `shown`."""
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
    """Return the CER in percent of each group of lines, sorted by group: rows of `name`, `cer` and `lines`.

    A group whose references are all empty has a CER of 0, or of 100 with insertions, as in `error_rates`.

    Args:
        name: the key of the group in the rows.
        groups: the group of each line.
        edits: character edits of the same lines.
    """
    members: dict = {}
    for line, group in enumerate(groups):
        members.setdefault(group, []).append(line)
    return [
        {
            name: group,
            "cer": to_percent(edit_rate(edits.edits[lines].sum(), edits.reference[lines].sum())),
            "lines": len(lines),
        }
        for group, lines in sorted(members.items())
    ]


def cer_by_length(edits: Edits) -> list[dict]:
    """Return the CER by length of the reference, as `cer_by`; `characters` is the middle of a bin of lengths."""
    bins = [int(length) // LENGTH_BIN * LENGTH_BIN + LENGTH_BIN // 2 for length in edits.reference]
    return cer_by("characters", bins, edits)


def cer_by_writer(sources: Sequence[str], writers: Sequence[str | None], edits: Edits) -> list[dict]:
    """Return the CER of the WRITERS writers with the highest CER, highest first, as `cer_by`.

    The lines of a source without named writers count as one writer.
    """
    names = [writer or f"{source}, unknown" for source, writer in zip(sources, writers, strict=True)]
    return sorted(cer_by("writer", names, edits), key=lambda row: (-row["cer"], row["writer"]))[:WRITERS]


def _drop_tone_and_case(character: str) -> str:
    """Return a letter in lower case without its tone, any other character unchanged."""
    signs = unicodedata.normalize("NFD", character.lower())
    return unicodedata.normalize("NFC", "".join(sign for sign in signs if sign not in TONES))
