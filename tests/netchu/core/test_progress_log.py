"""Tests of the progress log."""

import json

import pytest

from netchu.core.progress_log import log_progress, progress_path


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


def test_appends_one_json_line_per_call(folder, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "taught-1")
    log_progress(stage="train", state="started")
    log_progress(stage="train", epoch=1, validation_cer=12.5)
    path = progress_path("taught-1")
    assert path.resolve() == folder / ".netchu" / "progress" / "taught-1.jsonl"
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [
        {"stage": "train", "state": "started"},
        {"stage": "train", "epoch": 1, "validation_cer": 12.5},
    ]


@pytest.mark.parametrize("name", [None, ""])
def test_writes_nothing_outside_an_experiment(folder, monkeypatch, name):
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    if name is not None:
        monkeypatch.setenv("DVC_EXP_NAME", name)
    log_progress(stage="train")
    assert list(folder.iterdir()) == []


def test_ignores_a_folder_that_cannot_be_written(folder, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "taught-1")
    (folder / ".netchu").write_text("a file where the folder should be", encoding="utf-8")
    log_progress(stage="train")
