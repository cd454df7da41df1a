"""Paired comparison of two runs on the same test lines: is the difference of their error rates more than chance?"""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.evaluation.metrics import Edits, character_edits, edit_rate, line_edits, resample_lines, word_edits

RESAMPLES = 10_000
"""Bootstrap resamples of the lines: the ends of an interval then stand to about 3 % of the standard error."""

FEWEST = 6
"""Lines on which two runs must differ before any interval counts. Were the runs equally good, each such line would
favour either with probability 1/2: five favour the same one in 2 of 32 cases (6 %), six in 2 of 64 (3 %)."""


class Line(NamedTuple):
    """One test line of one run."""

    source: str
    reference: str
    prediction: str
    writer: str = ""  # where known


class Pair(NamedTuple):
    """One test line of both runs, texts in NFC with white space collapsed."""

    id: str
    source: str
    reference: str
    a: str  # what run A reads
    b: str  # what run B reads
    edits_a: int  # in characters
    edits_b: int


class Rate(NamedTuple):
    """An error rate of both runs in percent, and the 95 % interval of its difference B - A in percentage points."""

    a: float
    b: float
    low: float
    high: float
    distinguishable: bool  # from no difference

    @property
    def difference(self) -> float:
        """B - A: negative where B is better."""
        return self.b - self.a


def parse_predictions(text: str, where: str) -> dict[str, Line]:
    """The lines of a predictions.csv by their id; `where` names the file in messages.

    Raises NetchuError where a column, a value or every line is missing, or an id occurs twice.
    """
    columns = ("source", "reference", "prediction")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    lines: dict[str, Line] = {}
    try:
        missing = [name for name in ("id", *columns) if name not in (reader.fieldnames or ())]
        if missing:
            raise NetchuError(f"{where}: lacks the column {missing[0]}; make it again with `dvc repro -f -s evaluate`")
        for row in reader:
            if None in row or None in row.values() or row["id"] in lines:
                raise NetchuError(
                    f"{where}: line {reader.line_num} is damaged or repeats an id; "
                    "make the file again with `dvc repro -f -s evaluate`"
                )
            lines[row["id"]] = Line(*(row[name] for name in columns), row.get("writer", ""))
    except csv.Error as error:
        raise NetchuError(f"{where}: not a CSV: line {reader.line_num}: {error}") from None
    if not lines:
        raise NetchuError(f"{where}: holds no test line")
    return lines


def pair_lines(a: dict[str, Line], b: dict[str, Line], names: tuple[str, str]) -> list[Pair]:
    """The test lines of both runs, sorted by id; raises NetchuError unless ids and references are the same."""
    advice = "compare runs of one test set (download, clean, split and labels alike in params.yaml)"
    if a.keys() != b.keys():
        only_a, only_b = sorted(a.keys() - b.keys()), sorted(b.keys() - a.keys())
        raise NetchuError(
            f"{names[0]} and {names[1]} read different test lines: {len(a.keys() & b.keys())} in common, {len(only_a)} "
            f"only in {names[0]}, {len(only_b)} only in {names[1]} (such as {(only_a + only_b)[0]}); {advice}"
        )
    ids = sorted(a)
    references = [normalise(a[name].reference) for name in ids]
    others = [normalise(b[name].reference) for name in ids]
    different = [place for place, (one, other) in enumerate(zip(references, others, strict=True)) if one != other]
    if different:
        place = different[0]
        raise NetchuError(
            f"{names[0]} and {names[1]} have different references for {len(different)} of {len(ids)} test lines "
            f"(such as {ids[place]}: {references[place]!r} and {others[place]!r}); {advice}"
        )
    texts = [[normalise(run[name].prediction) for name in ids] for run in (a, b)]
    edits = [character_edits(references, predictions).edits.tolist() for predictions in texts]
    sources = [a[name].source for name in ids]
    return [Pair(*values) for values in zip(ids, sources, references, *texts, *edits, strict=True)]


def who_reads_right(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """The lines that `both` runs read without an error, `only_a`, `only_b` and `neither`; the worst first."""
    right: dict[str, list[Pair]] = {"both": [], "only_a": [], "only_b": [], "neither": []}
    for pair in sorted(pairs, key=lambda pair: (-pair.edits_a - pair.edits_b, pair.id)):
        if pair.edits_a:
            right["neither" if pair.edits_b else "only_b"].append(pair)
        else:
            right["only_a" if pair.edits_b else "both"].append(pair)
    return right


def compare_rates(pairs: Sequence[Pair]) -> dict[str, Rate]:
    """CER, WER and SER of both runs, strict as `error_rates` has them, with difference and interval.

    Paired percentile bootstrap over the lines (Efron and Tibshirani, 1993; for error rates Bisani and Ney, 2004): each
    resample draws lines with replacement and takes both runs' edits on the same lines, so that what makes a line hard
    for both cancels. Always drawn alike: the same lines give the same interval, and swapped runs the mirrored one.

    A difference is distinguishable when its interval leaves out 0 and the runs differ on at least FEWEST lines.

    Raises ValueError without a line.
    """
    if not pairs:
        raise ValueError("no line to compare")
    references, a, b = ([getattr(pair, name) for pair in pairs] for name in ("reference", "a", "b"))
    measures = {"cer": character_edits, "wer": word_edits, "ser": line_edits}
    counts = {name: (measure(references, a), measure(references, b)) for name, measure in measures.items()}
    samples = _resampled_differences(list(counts.values()), len(pairs))
    rates = {}
    for (name, (edits_a, edits_b)), differences in zip(counts.items(), samples, strict=True):
        low, high = np.percentile(differences, [2.5, 97.5])
        differing = np.count_nonzero(edits_a.edits != edits_b.edits)
        rates[name] = Rate(
            a=float(100 * edit_rate(edits_a.edits.sum(), edits_a.reference.sum())),
            b=float(100 * edit_rate(edits_b.edits.sum(), edits_b.reference.sum())),
            low=float(low),
            high=float(high),
            distinguishable=bool(differing >= FEWEST and (low > 0 or high < 0)),
        )
    return rates


def _resampled_differences(counts: list[tuple[Edits, Edits]], lines: int) -> list[np.ndarray]:
    """For each pair of edits, the difference B - A of the rates in points, in RESAMPLES draws of `lines` lines."""
    differences: list[list[np.ndarray]] = [[] for _ in counts]
    for drawn in resample_lines(lines, RESAMPLES):
        for (a, b), found in zip(counts, differences, strict=True):
            length = a.reference[drawn].sum(axis=1)
            rates = [edit_rate(side.edits[drawn].sum(axis=1), length) for side in (a, b)]
            found.append(100 * (rates[1] - rates[0]))
    return [np.concatenate(found) for found in differences]
