"""Error rates of predictions against references: CER, WER and SER, with bootstrap intervals."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jiwer
import numpy as np

from netchu.core.charset import normalise

RESAMPLES = 2000
"""Bootstrap resamples of the lines."""

_CHUNK = 1_000_000
"""Resampled lines in memory at once."""


class Edits(NamedTuple):
    """Levenshtein edits of each line, arrays of shape (lines,)."""

    edits: np.ndarray  # insertions, deletions and substitutions
    reference: np.ndarray  # length of the reference
    prediction: np.ndarray  # length of the prediction


def error_rates(references: Sequence[str], predictions: Sequence[str]) -> dict[str, float | int]:
    """Error rates in percent of `predictions` against `references`, line by line, rounded to three decimals.

    Both sides are first brought to NFC with white space collapsed.

    `cer`, `wer` and `ser` are strict: case-sensitive, edits summed over all lines and divided by the summed length of
    the references (characters, words, lines). Above 100 where much is inserted. `cer_low` and `cer_high` (and so on)
    bound the 95 % percentile bootstrap interval over lines (Efron and Tibshirani, 1993), always drawn alike.

    `lenient_cer` and `lenient_wer`, for comparison with other projects on this data: text lower-cased, each line's
    edits divided by the longer of its two sides, averaged over lines. `lenient_ser`, again as they have it, is of lines
    that are not lower-cased, so it equals `ser`.

    Where the references are all empty, a rate is 0 without and 100 with insertions. Raises ValueError when there is no
    line, or not one prediction a reference.
    """
    if not references or len(references) != len(predictions):
        raise ValueError(f"{len(references)} references, {len(predictions)} predictions: expected as many, at least 1")
    references = [normalise(text) for text in references]
    predictions = [normalise(text) for text in predictions]
    strict = {
        "cer": character_edits(references, predictions),
        "wer": word_edits(references, predictions),
        "ser": line_edits(references, predictions),
    }
    lines = len(references)
    rates: dict[str, float | int] = {"lines": lines}
    resampled = _resample([(counts.edits, counts.reference) for counts in strict.values()], lines)
    for (name, counts), samples in zip(strict.items(), resampled, strict=True):
        rates[name] = percent(rate(counts.edits.sum(), counts.reference.sum()))
        rates[f"{name}_low"], rates[f"{name}_high"] = map(percent, np.percentile(samples, [2.5, 97.5]))
    lower_references, lower_predictions = [t.lower() for t in references], [t.lower() for t in predictions]
    lenient = {
        "lenient_cer": character_edits(lower_references, lower_predictions),
        "lenient_wer": word_edits(lower_references, lower_predictions),
        "lenient_ser": strict["ser"],
    }
    for name, counts in lenient.items():
        longest = np.maximum(np.maximum(counts.reference, counts.prediction), 1)
        rates[name] = percent(np.mean(counts.edits / longest))
    return rates


def character_edits(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Edits of each line in characters, by jiwer; the texts are compared as they are."""
    return _edits(jiwer.process_characters(list(references), list(predictions)))


def word_edits(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Edits of each line in words, which single spaces separate, by jiwer."""
    return _edits(jiwer.process_words(list(references), list(predictions)))


def line_edits(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Edits of each line in lines: 1 where the prediction differs."""
    wrong = np.array([one != other for one, other in zip(references, predictions, strict=True)], np.int64)
    return Edits(wrong, np.ones_like(wrong), np.ones_like(wrong))


def _edits(output: jiwer.CharacterOutput | jiwer.WordOutput) -> Edits:
    edits = [
        sum(
            max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
            for chunk in alignment
            if chunk.type != "equal"
        )
        for alignment in output.alignments
    ]
    lengths = [[len(line) for line in side] for side in (output.references, output.hypotheses)]
    return Edits(*(np.array(values, np.int64) for values in (edits, *lengths)))


def rate(edits: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Edits over length; where the length is 0, 1 if there are edits and 0 if not."""
    return np.where(length > 0, edits / np.maximum(length, 1), np.minimum(edits, 1))


def draws(lines: int, count: int) -> Iterator[np.ndarray]:
    """`count` draws of `lines` lines with replacement, always the same: arrays `(draws, lines)` of line numbers."""
    rng = np.random.default_rng(0)
    chunk = max(_CHUNK // lines, 1)
    for start in range(0, count, chunk):
        yield rng.integers(lines, size=(min(chunk, count - start), lines))


def _resample(counts: list[tuple[np.ndarray, np.ndarray]], lines: int) -> list[np.ndarray]:
    """For each pair of edits and lengths, the rates in RESAMPLES draws of `lines` lines."""
    rates: list[list[np.ndarray]] = [[] for _ in counts]
    for drawn in draws(lines, RESAMPLES):
        for (edits, lengths), found in zip(counts, rates, strict=True):
            found.append(rate(edits[drawn].sum(axis=1), lengths[drawn].sum(axis=1)))
    return [np.concatenate(found) for found in rates]


def percent(share: float) -> float:
    """A share in percent, rounded to three decimals."""
    return round(100 * float(share), 3)
