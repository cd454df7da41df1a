"""Tests of the state folder: it is in the project, even for a run in a copy of it."""

from pathlib import Path

from netchu.core.state import state_folder


def test_finds_the_folder_without_dvc(monkeypatch):
    monkeypatch.delenv("DVC_ROOT", raising=False)
    assert state_folder() == Path(".netchu")


def test_finds_the_folder_in_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert state_folder() == Path(".netchu")


def test_finds_the_projects_folder_from_a_copy(tmp_path, monkeypatch):
    (tmp_path / ".dvc/tmp/exps/abc").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / ".dvc/tmp/exps/abc")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert state_folder() == tmp_path / ".netchu"


def test_finds_the_folder_from_below_the_project(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    monkeypatch.setenv("DVC_ROOT", "..")
    assert state_folder().resolve() == tmp_path / ".netchu" and state_folder().is_absolute()
