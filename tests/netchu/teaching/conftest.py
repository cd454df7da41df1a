"""Fixtures: a folder for corrected lines, and a fine-tuning run that consists of files only."""

import json
import subprocess
from pathlib import Path

import pytest

from netchu.core.progress_log import progress_path
from netchu.teaching.run_state import RUNS


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder for corrected lines, which does not exist yet."""
    return tmp_path / "lines"


@pytest.fixture
def run_folder(tmp_path, monkeypatch) -> Path:
    """The folder of a run in its first epoch, in a new git repository, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    subprocess.run(["git", "init", "--quiet"], check=True)
    folder = RUNS / "teach-20300101-000000"
    folder.mkdir(parents=True)
    (folder / "log.txt").touch()
    write_progress(
        folder,
        {"stage": "split", "state": "started"},
        {"stage": "train", "state": "started"},
        {"stage": "train", "epoch": 1, "epochs": 40, "loss": 18.99, "validation_cer": 24.0, "minutes_left": 9.2},
    )
    return folder


def write_progress(folder: Path, *records: dict) -> None:
    """Append `records` to the progress of the run in `folder`, as its stages do."""
    path = progress_path(folder.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
