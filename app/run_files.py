"""Reads the results of runs for the pages, cached until they change."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from app.language import escape_markdown, say
from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.evaluation.error_kinds import align_texts, share_edits
from netchu.evaluation.metrics import character_edits, edit_rate
from netchu.experiments.comparison import (
    ComparedRate,
    LinePair,
    ScoredLine,
    compare_rates,
    pair_lines,
    parse_predictions,
)
from netchu.experiments.explanation import CerPart, split_cer_by_kind
from netchu.experiments.revisions import Revision, read_file
from netchu.experiments.runs import PREDICTIONS, Run, list_runs


class LineErrors(NamedTuple):
    """A test line of a run with its errors, texts in NFC."""

    id: str
    source: str
    writer: str  # "" where unknown
    reference: str
    prediction: str
    edits: int  # in characters
    cer: float  # of this line, percent
    kinds: dict[str, float]  # edits by kind of error; kinds that do not occur are left out


class Comparison(NamedTuple):
    """The comparison of two runs on the same test lines."""

    pairs: list[LinePair]
    rates: dict[str, ComparedRate]
    parts: list[CerPart]


def find_runs() -> list[Run]:
    """Return the runs of the project; where there is none, show a message and stop."""
    try:
        runs = list_runs()
    except NetchuError as error:
        st.error(escape_markdown(error))
        st.stop()
    if not runs:
        st.info(
            say(
                "No run yet. Run `dvc repro` in the project's folder; it takes about ten minutes.",
                "Chưa có lần chạy nào. Hãy chạy `dvc repro` trong thư mục của dự án; việc này mất khoảng mười phút.",
            ),
            icon=":material/info:",
        )
        st.stop()
    return runs


def read_run_file(run: Run, path: str) -> str:
    """Return the text of a file of `run`; raise NetchuError where there is none."""
    return _read_text(run.revision, path, _get_version(run, path))


def read_test_lines(run: Run) -> list[LineErrors]:
    """Return the test lines of `run`, the worst first; raise NetchuError where it has no valid predictions."""
    return _read_test_lines(run.revision, _get_version(run, PREDICTIONS))


def compare_runs(a: Run, b: Run) -> Comparison:
    """Compare two runs; raise NetchuError where one has no predictions, or the test lines differ."""
    return _compare(a.revision, b.revision, _get_version(a, PREDICTIONS), _get_version(b, PREDICTIONS))


FileVersion = tuple[int, int] | None
"""Time of the last change and size of a file in the workspace. None for a file in git, which never changes."""


def _get_version(run: Run, path: str) -> FileVersion:
    if run.revision.commit or not Path(path).is_file():
        return None
    status = Path(path).stat()
    return status.st_mtime_ns, status.st_size


@st.cache_data(show_spinner=False, max_entries=100)
def _read_text(revision: Revision, path: str, version: FileVersion) -> str:
    return read_file(revision, path)


def _read_predictions(revision: Revision, version: FileVersion) -> dict[str, ScoredLine]:
    return parse_predictions(_read_text(revision, PREDICTIONS, version), f"{PREDICTIONS} of {revision}")


@st.cache_data(show_spinner=False, max_entries=10)
def _read_test_lines(revision: Revision, version: FileVersion) -> list[LineErrors]:
    lines = _read_predictions(revision, version)
    references = [normalise(line.reference) for line in lines.values()]
    predictions = [normalise(line.prediction) for line in lines.values()]
    edits = character_edits(references, predictions)
    rates = 100 * edit_rate(edits.edits, edits.reference)
    scored = [
        LineErrors(
            name,
            line.source,
            line.writer,
            reference,
            prediction,
            int(wrong),
            float(cer),
            _count_kinds(reference, prediction),
        )
        for (name, line), reference, prediction, wrong, cer in zip(
            lines.items(), references, predictions, edits.edits, rates, strict=True
        )
    ]
    return sorted(scored, key=lambda line: (-line.cer, -line.edits, line.id))


def _count_kinds(reference: str, prediction: str) -> dict[str, float]:
    return {kind: float(share) for kind, share in share_edits(align_texts(reference, prediction)).items() if share}


@st.cache_data(show_spinner=False, max_entries=10)
def _compare(a: Revision, b: Revision, version_a: FileVersion, version_b: FileVersion) -> Comparison:
    pairs = pair_lines(_read_predictions(a, version_a), _read_predictions(b, version_b), (str(a), str(b)))
    return Comparison(pairs, compare_rates(pairs), split_cer_by_kind(pairs))
