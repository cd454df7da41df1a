"""The log of runs says what explains a figure, outside of what git and DVC compare."""

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


def test_a_line_a_run():
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


def test_a_run_in_a_copy_of_the_project_writes_to_the_projects_log(tmp_path, monkeypatch):
    """DVC names the project, and the experiment, in the environment."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.setenv("DVC_ROOT", str(project))
    monkeypatch.setenv("DVC_EXP_NAME", "small")
    log_run("split", 0.1, [])
    assert not LOG.exists()
    assert entries(project / LOG)[0]["experiment"] == "small"


def test_a_log_that_cannot_be_written_stops_nothing():
    Path(".netchu").write_text("a file")
    log_run("split", 0.1, [])
