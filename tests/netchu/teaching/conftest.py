"""A run of teaching that tests make up."""

import subprocess
from pathlib import Path

import pytest

from netchu.teaching.fine_tuning import RUNS

LOG = """Running stage 'split':
> python -m stages.split
split: 30 train, 5 validation, 9 test lines, 0 excluded, no writer and no text in two subsets, 0.0 s
Running stage 'train':
epoch      loss  val CER %   lines/s     left
    1    18.990     24.00*       1.4     9.2m
"""


@pytest.fixture
def fake(tmp_path, monkeypatch) -> Path:
    """The folder of a run in its first epoch, in a git repository of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    folder = RUNS / "teach-20300101-000000"
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text(LOG)
    (folder / "settings.json").write_text('{"train.epochs": 40}')
    return folder
