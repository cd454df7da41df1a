"""Runs for the pages that show them: a real one of each decoder, and readings made up."""

import csv
import io
import unicodedata
from pathlib import Path

from netchu.evaluation.error_kinds import TONES
from tests.workspace import commit, run

PREDICTIONS = "metrics/predictions.csv"

HOSTILE = "<img src=x onerror=alert(1)> **bold** `code`"


def add_runs(project: Path) -> list[dict]:
    """Add to `project`, where the tiny pipeline ran, three runs; return the rows of its own predictions.

    `greedy` is a DVC experiment; the branch `planted` reads 7 of the 12 lines right, 4 with another tone, 1 as HOSTILE;
    the branch `other` has 48 other test lines. The workspace stays that of the experiment.
    """
    rows = list(csv.DictReader(io.StringIO((project / PREDICTIONS).read_text(encoding="utf-8"))))
    home = run(project, "git", "branch", "--show-current").strip()
    run(project, "git", "checkout", "--quiet", "-b", "planted")
    readings = [row["reference"] for row in rows[:7]] + [_misread(row["reference"]) for row in rows[7:11]] + [HOSTILE]
    _save(project, [row | {"prediction": text} for row, text in zip(rows, readings, strict=True)])
    run(project, "git", "checkout", "--quiet", "-b", "other")
    _save(project, [row | {"id": f"{n}/{row['id']}"} for n in range(4) for row in rows])
    run(project, "git", "checkout", "--quiet", home)
    run(project, "dvc", "exp", "run", "--name", "greedy", "-S", "evaluate.decoder=greedy")
    return rows


def _misread(text: str) -> str:
    """`text` with another tone on its first vowel, and so one edit."""
    for place, letter in enumerate(text):
        base, *signs = unicodedata.normalize("NFD", letter)
        if base.lower() in "aeiouy":
            kept = "".join(sign for sign in signs if sign not in TONES)
            other = "\u0323" if "\u0301" in signs else "\u0301"
            read = unicodedata.normalize("NFC", f"{base}{kept}{other}")
            return text[:place] + read + text[place + 1 :]
    raise ValueError(f"{text!r} has no vowel")


def _save(project: Path, rows: list[dict]) -> None:
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (project / PREDICTIONS).write_text(table.getvalue(), encoding="utf-8")
    commit(project, "made up")
