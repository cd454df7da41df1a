"""Runs for the tests of the pages: real ones of two decoders, and made-up predictions."""

import csv
import io
import unicodedata
from pathlib import Path

from benchmarks.tiny_project import commit, run
from netchu.evaluation.error_kinds import TONES

PREDICTIONS = "metrics/predictions.csv"

HOSTILE = "<img src=x onerror=alert(1)> **bold** `code`"


def add_runs(project: Path) -> list[dict]:
    """Add three runs to `project`, in which the tiny pipeline has run; return the rows of its own predictions.

    `greedy` is a DVC experiment, whose results stay in the workspace. The branch `planted` has 7 of the 12 lines right,
    4 with another tone, and HOSTILE for 1. The branch `other` has 48 other test lines.
    """
    rows = list(csv.DictReader(io.StringIO((project / PREDICTIONS).read_text(encoding="utf-8"))))
    first_branch = run(project, "git", "branch", "--show-current").strip()
    run(project, "git", "checkout", "--quiet", "-b", "planted")
    predictions = (
        [row["reference"] for row in rows[:7]] + [_misread(row["reference"]) for row in rows[7:11]] + [HOSTILE]
    )
    _save(project, [row | {"prediction": text} for row, text in zip(rows, predictions, strict=True)])
    run(project, "git", "checkout", "--quiet", "-b", "other")
    _save(project, [row | {"id": f"{n}/{row['id']}"} for n in range(4) for row in rows])
    run(project, "git", "checkout", "--quiet", first_branch)
    run(project, "dvc", "exp", "run", "--name", "greedy", "-S", "evaluate.decoder=greedy")
    return rows


def _misread(text: str) -> str:
    """Return `text` with another tone on its first vowel, which is one edit."""
    for index, letter in enumerate(text):
        base, *signs = unicodedata.normalize("NFD", letter)
        if base.lower() in "aeiouy":
            kept = "".join(sign for sign in signs if sign not in TONES)
            other = "\u0323" if "\u0301" in signs else "\u0301"
            misread = unicodedata.normalize("NFC", f"{base}{kept}{other}")
            return text[:index] + misread + text[index + 1 :]
    raise ValueError(f"{text!r} has no vowel")


def _save(project: Path, rows: list[dict]) -> None:
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (project / PREDICTIONS).write_text(table.getvalue(), encoding="utf-8")
    commit(project, "made up")
