"""Tests of the log of stage runs."""

import hashlib
import json
from pathlib import Path

import numpy
import pytest

from netchu.core.run_log import log_run

LOG = Path(".netchu/runs.jsonl")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)


def entries(log=LOG):
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_appends_a_line_for_each_run():
    Path("metrics").mkdir()
    Path("metrics/metrics.json").write_text("{}\n")
    log_run("train", 12.345, [Path("metrics/metrics.json"), Path("metrics/errors"), Path("models/crnn")])
    log_run("evaluate", 1.0, [])
    train, evaluate = entries()
    assert (train["stage"], train["seconds"], train["experiment"]) == ("train", 12.3, None)
    assert train["metrics"] == {"metrics/metrics.json": hashlib.md5(b"{}\n").hexdigest()}
    assert train["versions"]["numpy"] == numpy.__version__
    assert train["processor"] and train["cores"] > 0 and train["peak_memory_mb"] > 10
    assert (evaluate["stage"], evaluate["metrics"]) == ("evaluate", {})


def test_writes_to_the_projects_log_from_a_copy_of_the_project(tmp_path, monkeypatch):
    """DVC passes the project's folder and the experiment's name in the environment."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.setenv("DVC_ROOT", str(project))
    monkeypatch.setenv("DVC_EXP_NAME", "small")
    log_run("split", 0.1, [])
    assert not LOG.exists()
    assert entries(project / LOG)[0]["experiment"] == "small"


def test_ignores_a_log_that_cannot_be_written():
    Path(".netchu").write_text("a file")
    log_run("split", 0.1, [])
