"""Tests of DVC commands for a fine-tuning, in a tiny project."""

import time
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from ruamel.yaml import YAML

from benchmarks.tiny_project import ROOT, commit, run
from netchu.teaching.dvc_command import find_dvc_error, quote_for_hydra, run_dvc
from stages.download import find_unsuitable_path

PIPELINE = """
stages:
  copy:
    cmd: cp params.yaml copy.yaml
    params: [path]
    outs: [copy.yaml]
"""


def make_project(folder: Path) -> Path:
    folder.mkdir()
    run(folder, "git", "init", "--quiet")
    run(folder, "dvc", "init", "--quiet")
    (folder / "dvc.yaml").write_text(PIPELINE)
    (folder / "params.yaml").write_text("path: []\n")
    commit(folder, "start")
    return folder


@pytest.mark.parametrize("name", ["netchu", "Tài liệu", "d'Arc, Nguyễn"])
@pytest.mark.parametrize("user", ["An", "Nguyễn Ân"])
def test_runs_experiment_in_copy_whatever_the_path(tmp_path, monkeypatch, name, user):
    folder = make_project(tmp_path / name)
    run(folder, "git", "config", "user.name", user)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    value = f"path=[{quote_for_hydra(str(folder))}]"
    done = run_dvc("exp", "run", "--temp", "--name", "x", "--set-param", value, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = run_dvc("get", ".", "copy.yaml", "--rev", "x", "--out", "got.yaml", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert YAML(typ="safe").load(Path("got.yaml"))["path"] == [str(folder)]


def test_warns_of_accents_until_the_cache_has_another_path(tmp_path):
    """The remedy is the one in docs/experiments.md; the commands are those of a user."""
    folder = make_project(tmp_path / "Tài liệu")
    assert "`dvc config --local cache.dir DIR`" in find_unsuitable_path(folder)
    with pytest.raises(AssertionError, match="'ascii' codec can't encode"):
        run(folder, "dvc", "exp", "run", "--temp", "--name", "x")
    run(folder, "dvc", "config", "--local", "cache.dir", str(tmp_path / "cache"))
    assert find_unsuitable_path(folder) == ""
    run(folder, "dvc", "exp", "run", "--temp", "--name", "x")
    run(folder, "dvc", "exp", "run", "--queue", "--name", "y", "--set-param", "path=[a]")
    run(folder, "dvc", "queue", "start")
    deadline = time.monotonic() + 600
    while "Success" not in (status := run(folder, "dvc", "queue", "status")):
        assert "Failed" not in status and time.monotonic() < deadline
        time.sleep(0.5)


def test_warns_of_accents_in_the_settings_of_git(tmp_path):
    folder = make_project(tmp_path / "netchu")
    assert find_unsuitable_path(folder) == ""
    run(folder, "git", "config", "user.name", "Nguyễn Ân")
    assert "settings of .git/config" in find_unsuitable_path(folder)
    with pytest.raises(AssertionError, match="'ascii' codec can't encode"):
        run(folder, "dvc", "exp", "run", "--temp", "--name", "x")


@pytest.mark.parametrize(
    "text", ["/a/d'Arc", "/a/b\\'c", "/a/b\\\\'c", '/a/"b"', "/a/Tài liệu, [1] {x}: = #/$x", "/a/b\\c"]
)
def test_quotes_paths_for_hydra(text):
    [value] = OverridesParser.create().parse_override(f"path=[{quote_for_hydra(text)}]").value()
    assert value == text


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("ERROR: first\nx\nERROR: unexpected error - no space\n", "unexpected error - no space"),
        ("ERROR: Unable to acquire lock. Most likely another DVC process is running", "another DVC command is running"),
        ("", "DVC ended without an error message"),
    ],
)
def test_finds_reason_in_output(output, reason):
    assert find_dvc_error(output).startswith(reason)
