"""Error rates of predictions against references: CER, WER and SER, with bootstrap intervals."""

import operator
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jiwer
import numpy as np

from netchu.core.charset import normalise

ERROR_RATE_RESAMPLES = 2000
"""Number of bootstrap resamples for the intervals of `error_rates`."""

_RESAMPLE_CHUNK = 1_000_000
"""Most resampled lines in memory at once."""


class Edits(NamedTuple):
    """Levenshtein edits and lengths of each line: arrays of shape (lines,)."""

    edits: np.ndarray  # insertions, deletions and substitutions
    reference: np.ndarray  # length of the reference
    prediction: np.ndarray  # length of the prediction


def error_rates(references: Sequence[str], predictions: Sequence[str]) -> dict[str, float | int]:
    """Return the error rates of `predictions` against `references` in percent, rounded to three decimals.

    Both sides are first brought to NFC, with white space collapsed.

    `cer`, `wer` and `ser` are strict: case-sensitive, edits summed over all lines and divided by the summed length of
    the references (characters, words, lines). Many insertions can make them exceed 100. `cer_low` and `cer_high` (and
    so on) bound the 95 % percentile bootstrap interval over lines (Efron and Tibshirani, 1993), with a fixed seed.

    `lenient_cer` and `lenient_wer`, for comparison with other projects on this data: text lower-cased, each line's
    edits divided by the longer of its two sides, averaged over lines. Those projects do not lower-case for SER, so
    `lenient_ser` equals `ser`.

    If all references are empty, a rate is 100 if anything is inserted, else 0.

    >>> error_rates(["Hà Nội"], ["Ha Nội"])["wer"]
    50.0

    Raises:
        ValueError: there is no line, or the numbers of references and predictions differ.
    """
    if not references or len(references) != len(predictions):
        raise ValueError(
            f"{len(references)} references, {len(predictions)} predictions; pass equal numbers, at least 1"
        )
    references = [normalise(text) for text in references]
    predictions = [normalise(text) for text in predictions]
    strict = {
        "cer": character_edits(references, predictions),
        "wer": word_edits(references, predictions),
        "ser": line_edits(references, predictions),
    }
    lines = len(references)
    rates: dict[str, float | int] = {"lines": lines}
    resampled = _resample_rates([(counts.edits, counts.reference) for counts in strict.values()], lines)
    for (name, counts), samples in zip(strict.items(), resampled, strict=True):
        rates[name] = to_percent(edit_rate(counts.edits.sum(), counts.reference.sum()))
        rates[f"{name}_low"], rates[f"{name}_high"] = map(to_percent, np.percentile(samples, [2.5, 97.5]))
    lower_references, lower_predictions = [[text.lower() for text in texts] for texts in (references, predictions)]
    lenient = {
        "lenient_cer": character_edits(lower_references, lower_predictions),
        "lenient_wer": word_edits(lower_references, lower_predictions),
        "lenient_ser": strict["ser"],
    }
    for name, counts in lenient.items():
        longest = np.maximum(np.maximum(counts.reference, counts.prediction), 1)
        rates[name] = to_percent(np.mean(counts.edits / longest))
    return rates


def character_edits(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Count the edits of each line in characters, by jiwer, without normalising the texts."""
    return _edits(jiwer.process_characters(list(references), list(predictions)))


def word_edits(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Count the edits of each line in words, by jiwer; single spaces separate words."""
    return _edits(jiwer.process_words(list(references), list(predictions)))


def line_edits(references: Sequence[str], predictions: Sequence[str]) -> Edits:
    """Count the edits of each line in whole lines: 1 where the prediction differs, else 0."""
    wrong = np.array(list(map(operator.ne, references, predictions)), np.int64)
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


def edit_rate(edits: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return edits divided by length; where the length is 0, 1 with edits and 0 without."""
    return np.where(length > 0, edits / np.maximum(length, 1), np.minimum(edits, 1))


def resample_lines(lines: int, count: int) -> Iterator[np.ndarray]:
    """Yield `count` bootstrap resamples of `lines` lines in chunks: arrays `(resamples, lines)` of line numbers.

    The random numbers are always the same.
    """
    rng = np.random.default_rng(0)
    chunk = max(_RESAMPLE_CHUNK // lines, 1)
    for start in range(0, count, chunk):
        yield rng.integers(lines, size=(min(chunk, count - start), lines))


def _resample_rates(counts: list[tuple[np.ndarray, np.ndarray]], lines: int) -> list[np.ndarray]:
    """Return the error rates of ERROR_RATE_RESAMPLES resamples for each pair of edits and lengths, both (lines,)."""
    rates: list[list[np.ndarray]] = [[] for _ in counts]
    for resample in resample_lines(lines, ERROR_RATE_RESAMPLES):
        for (edits, lengths), chunks in zip(counts, rates, strict=True):
            chunks.append(edit_rate(edits[resample].sum(axis=1), lengths[resample].sum(axis=1)))
    return [np.concatenate(chunks) for chunks in rates]


def to_percent(share: float) -> float:
    """Convert a share to percent, rounded to three decimals."""
    return round(100 * float(share), 3)
