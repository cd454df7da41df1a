"""What the pages show of runs, kept in memory until it changes."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from app.language import plain, say
from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.evaluation.error_kinds import align_texts, share_edits
from netchu.evaluation.metrics import character_edits, edit_rate
from netchu.experiments.comparison import Line, Pair, Rate, compare_rates, pair_lines, parse_predictions
from netchu.experiments.explanation import Part, difference_by_kind
from netchu.experiments.revisions import Revision, read_file
from netchu.experiments.runs import PREDICTIONS, Run, list_runs


class TestLine(NamedTuple):
    """One test line of a run, texts in NFC."""

    id: str
    source: str
    writer: str  # "" where unknown
    reference: str
    prediction: str
    edits: int  # in characters
    cer: float  # of this line, percent
    kinds: dict[str, float]  # edits by kind of error, of those that occur


class Comparison(NamedTuple):
    """Two runs on the same test lines."""

    pairs: list[Pair]
    rates: dict[str, Rate]
    parts: list[Part]


def find_runs() -> list[Run]:
    """The project's runs; where there is none a message on the page says so."""
    try:
        runs = list_runs()
    except NetchuError as error:
        st.error(plain(error))
        st.stop()
    if not runs:
        st.info(
            say(
                "No run yet. `dvc repro` in the project's folder makes one; it takes some ten minutes.",
                "Chưa có lần chạy nào. Hãy chạy `dvc repro` trong thư mục của dự án; mất khoảng mười phút.",
            ),
            icon=":material/info:",
        )
        st.stop()
    return runs


def text_of(run: Run, path: str) -> str:
    """The text of a file of `run`; raises NetchuError where there is none."""
    return _text(run.revision, path, _version(run, path))


def lines_of(run: Run) -> list[TestLine]:
    """The test lines of `run`, the worst first; raises NetchuError where its predictions are missing or damaged."""
    return _test_lines(run.revision, _version(run, PREDICTIONS))


def compare(a: Run, b: Run) -> Comparison:
    """Both runs side by side; raises NetchuError where one has no predictions, or the test lines differ."""
    return _compare(a.revision, b.revision, _version(a, PREDICTIONS), _version(b, PREDICTIONS))


Version = tuple[int, int] | None
"""Of a file of the workspace: time of its last change and bytes. None for what lies in git and never changes."""


def _version(run: Run, path: str) -> Version:
    if run.revision.commit or not Path(path).is_file():
        return None
    found = Path(path).stat()
    return found.st_mtime_ns, found.st_size


@st.cache_data(show_spinner=False, max_entries=100)
def _text(revision: Revision, path: str, version: Version) -> str:
    return read_file(revision, path)


def _lines(revision: Revision, version: Version) -> dict[str, Line]:
    return parse_predictions(_text(revision, PREDICTIONS, version), f"{PREDICTIONS} of {revision}")


@st.cache_data(show_spinner=False, max_entries=10)
def _test_lines(revision: Revision, version: Version) -> list[TestLine]:
    lines = _lines(revision, version)
    references = [normalise(line.reference) for line in lines.values()]
    predictions = [normalise(line.prediction) for line in lines.values()]
    edits = character_edits(references, predictions)
    rates = 100 * edit_rate(edits.edits, edits.reference)
    found = [
        TestLine(
            name, line.source, line.writer, reference, prediction, int(wrong), float(cer), _kinds(reference, prediction)
        )
        for (name, line), reference, prediction, wrong, cer in zip(
            lines.items(), references, predictions, edits.edits, rates, strict=True
        )
    ]
    return sorted(found, key=lambda line: (-line.cer, -line.edits, line.id))


def _kinds(reference: str, prediction: str) -> dict[str, float]:
    return {kind: float(share) for kind, share in share_edits(align_texts(reference, prediction)).items() if share}


@st.cache_data(show_spinner=False, max_entries=10)
def _compare(a: Revision, b: Revision, version_a: Version, version_b: Version) -> Comparison:
    pairs = pair_lines(_lines(a, version_a), _lines(b, version_b), (str(a), str(b)))
    return Comparison(pairs, compare_rates(pairs), difference_by_kind(pairs))
