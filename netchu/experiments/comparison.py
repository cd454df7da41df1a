"""Paired comparison of two runs on the same test lines, with the interval of the difference of their error rates."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.evaluation.metrics import Edits, character_edits, edit_rate, line_edits, resample_lines, word_edits

RESAMPLES = 10_000
"""Bootstrap resamples of the lines: enough to know the ends of an interval to about 3 % of the standard error."""

FEWEST_DIFFERING = 6
"""Lines on which two runs must differ, or no difference is reported. If the runs are equally good, each such line
favours either with probability 1/2: five favour the same one in 2 of 32 cases (6 %), six in 2 of 64 (3 %)."""


class ScoredLine(NamedTuple):
    """A test line of one run."""

    source: str
    reference: str
    prediction: str
    writer: str = ""  # where known


class LinePair(NamedTuple):
    """A test line of both runs, texts in NFC with white space collapsed."""

    id: str
    source: str
    reference: str
    a: str  # prediction of run A
    b: str  # prediction of run B
    edits_a: int  # in characters
    edits_b: int


class ComparedRate(NamedTuple):
    """An error rate of both runs in percent, and the 95 % interval of the difference B - A in percentage points."""

    a: float
    b: float
    low: float
    high: float
    distinguishable: bool  # from no difference

    @property
    def difference(self) -> float:
        """Return B - A in percentage points: negative where B is better."""
        return self.b - self.a


def parse_predictions(text: str, name: str) -> dict[str, ScoredLine]:
    """Return the lines of a predictions.csv by their ids.

    Args:
        text: the content of the file.
        name: of the file, for messages.

    Raises:
        NetchuError: a column or a value is missing, an id occurs twice, or there is no line.
    """
    columns = ("source", "reference", "prediction")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    lines: dict[str, ScoredLine] = {}
    try:
        missing = [column for column in ("id", *columns) if column not in (reader.fieldnames or ())]
        if missing:
            raise NetchuError(f"{name}: the column {missing[0]} is missing; run `dvc repro -f -s evaluate`")
        for row in reader:
            if None in row or None in row.values() or row["id"] in lines:
                raise NetchuError(
                    f"{name}: line {reader.line_num} is damaged or repeats an id; run `dvc repro -f -s evaluate`"
                )
            lines[row["id"]] = ScoredLine(*(row[column] for column in columns), row.get("writer", ""))
    except csv.Error as error:
        raise NetchuError(
            f"{name}: not a CSV: line {reader.line_num}: {error}; run `dvc repro -f -s evaluate`"
        ) from None
    if not lines:
        raise NetchuError(f"{name}: holds no test line; run `dvc repro -f -s evaluate`")
    return lines


def pair_lines(a: dict[str, ScoredLine], b: dict[str, ScoredLine], names: tuple[str, str]) -> list[LinePair]:
    """Return the test lines of both runs, sorted by id.

    Args:
        names: of both runs, for messages.

    Raises:
        NetchuError: the runs have different test lines or references.
    """
    advice = "compare runs with the same test set (the groups download, clean, split and labels of params.yaml)"
    if a.keys() != b.keys():
        only_a, only_b = sorted(a.keys() - b.keys()), sorted(b.keys() - a.keys())
        raise NetchuError(
            f"{names[0]} and {names[1]} have different test lines: {len(a.keys() & b.keys())} in common, {len(only_a)} "
            f"only in {names[0]}, {len(only_b)} only in {names[1]} (such as {(only_a + only_b)[0]}); {advice}"
        )
    ids = sorted(a)
    references = [normalise(a[name].reference) for name in ids]
    references_b = [normalise(b[name].reference) for name in ids]
    different = [index for index, texts in enumerate(zip(references, references_b, strict=True)) if len({*texts}) > 1]
    if different:
        first = different[0]
        raise NetchuError(
            f"{names[0]} and {names[1]} have different references for {len(different)} of {len(ids)} test lines "
            f"(such as {ids[first]}: {references[first]!r} and {references_b[first]!r}); {advice}"
        )
    texts = [[normalise(run[name].prediction) for name in ids] for run in (a, b)]
    edits = [character_edits(references, predictions).edits.tolist() for predictions in texts]
    sources = [a[name].source for name in ids]
    return [LinePair(*values) for values in zip(ids, sources, references, *texts, *edits, strict=True)]


def group_by_correctness(pairs: Sequence[LinePair]) -> dict[str, list[LinePair]]:
    """Group the lines by the runs that read them without an error (both, only_a, only_b, neither), the worst first."""
    groups: dict[str, list[LinePair]] = {"both": [], "only_a": [], "only_b": [], "neither": []}
    for pair in sorted(pairs, key=lambda pair: (-pair.edits_a - pair.edits_b, pair.id)):
        if pair.edits_a:
            groups["neither" if pair.edits_b else "only_b"].append(pair)
        else:
            groups["only_a" if pair.edits_b else "both"].append(pair)
    return groups


def compare_rates(pairs: Sequence[LinePair]) -> dict[str, ComparedRate]:
    """Return CER, WER and SER of both runs with difference and interval, by "cer", "wer" and "ser".

    The rates are the strict ones of `error_rates`.

    Paired percentile bootstrap over the lines (Efron and Tibshirani, 1993; for error rates Bisani and Ney, 2004): each
    resample draws lines with replacement and takes the edits of both runs on the same lines, so that the difficulty of
    a line cancels out. The seed is fixed: the same lines give the same interval, and swapped runs the mirrored one.

    A difference is distinguishable if its interval excludes 0 and the runs differ on FEWEST_DIFFERING lines or more.

    Raises:
        ValueError: `pairs` is empty.
    """
    if not pairs:
        raise ValueError("no line to compare")
    references, a, b = ([getattr(pair, name) for pair in pairs] for name in ("reference", "a", "b"))
    measures = {"cer": character_edits, "wer": word_edits, "ser": line_edits}
    counts = {name: (measure(references, a), measure(references, b)) for name, measure in measures.items()}
    samples = _resample_differences(list(counts.values()), len(pairs))
    rates = {}
    for (name, (edits_a, edits_b)), differences in zip(counts.items(), samples, strict=True):
        low, high = np.percentile(differences, [2.5, 97.5])
        differing = np.count_nonzero(edits_a.edits != edits_b.edits)
        rates[name] = ComparedRate(
            a=float(100 * edit_rate(edits_a.edits.sum(), edits_a.reference.sum())),
            b=float(100 * edit_rate(edits_b.edits.sum(), edits_b.reference.sum())),
            low=float(low),
            high=float(high),
            distinguishable=bool(differing >= FEWEST_DIFFERING and (low > 0 or high < 0)),
        )
    return rates


def _resample_differences(counts: list[tuple[Edits, Edits]], lines: int) -> list[np.ndarray]:
    """Return, for each pair of edits, the difference B - A of the rates in points in each of RESAMPLES resamples."""
    differences: list[list[np.ndarray]] = [[] for _ in counts]
    for indices in resample_lines(lines, RESAMPLES):
        for (a, b), found in zip(counts, differences, strict=True):
            length = a.reference[indices].sum(axis=1)
            rates = [edit_rate(side.edits[indices].sum(axis=1), length) for side in (a, b)]
            found.append(100 * (rates[1] - rates[0]))
    return [np.concatenate(found) for found in differences]
