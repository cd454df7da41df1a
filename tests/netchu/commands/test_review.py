import sys
from pathlib import Path

import pytest

from benchmarks.tiny_project import ROOT
from netchu.__main__ import main
from netchu.commands import review


@pytest.fixture
def started(monkeypatch):
    """Return the calls that would start the web page."""
    calls = []

    def start(program, command, environment):
        calls.append((program, command, Path.cwd(), environment))
        raise SystemExit(3)

    monkeypatch.setattr(review.os, "execve", start)
    return calls


def test_becomes_the_server_of_the_page_for_the_folder(started, tmp_path, monkeypatch):
    """So that a signal which ends the command ends the server."""
    (tmp_path / "scans").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["review", "scans"])
    [(program, command, folder, environment)] = started
    assert program == command[0] == sys.executable
    assert command[1:] == ["-m", "streamlit", "run", "app/main.py"]
    assert folder == ROOT
    assert environment[review.FOLDER_VARIABLE] == str(tmp_path / "scans")


def test_reports_missing_folder(started, tmp_path, capfd):
    assert main(["review", str(tmp_path / "scans")]) == 2
    assert f"{tmp_path}/scans: no such folder" in capfd.readouterr().err
    assert not started


def test_reports_missing_page(started, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(review, "_PROJECT", tmp_path)
    assert main(["review", str(tmp_path)]) == 2
    assert "the installed package has no web page" in capfd.readouterr().err


def test_reports_missing_streamlit(started, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(review.importlib.util, "find_spec", lambda name: None)
    assert main(["review", str(tmp_path)]) == 2
    assert "pip install streamlit" in capfd.readouterr().err
