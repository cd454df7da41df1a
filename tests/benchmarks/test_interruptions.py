"""The benchmark of interruptions, with runs of the shell; tests/test_interruptions.py has those of the pipeline."""

from pathlib import Path

import pytest

from benchmarks import interruptions
from benchmarks.interruptions import Interruption, Kind, interrupt, run_and_kill, tabulate


def make_kind(script: str, ready: str = "") -> Kind:
    """Return a kind of run that executes a shell script, whose result is the file "result"."""
    command = ["sh", "-c", script]
    return Kind(
        command,
        prepare=lambda project: None,
        repeat=lambda project: ["repeated"],
        results=lambda project: {path.name: path.read_text() for path in project.glob("result")},
        ready=ready,
    )


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def test_kills_processes_that_left_the_session(project):
    kind = make_kind("setsid sh -c 'echo $$ > detached; echo ready; exec sleep 1000' & exec sleep 1000", "ready")
    killed = run_and_kill(kind, project, 0)
    assert killed.killed and killed.output == "ready\n"
    status = Path("/proc", (project / "detached").read_text().strip(), "stat")
    # A zombie, which nobody has waited for yet, is also killed.
    assert not status.exists() or ") Z " in status.read_text()


def test_waits_for_the_end_of_a_run(project):
    ended = run_and_kill(make_kind("echo first; echo second"), project, None)
    assert not ended.killed and ended.output == "first\nsecond\n"
    with pytest.raises(AssertionError, match="an error"):
        run_and_kill(make_kind("echo an error; exit 1"), project, None)
    with pytest.raises(AssertionError, match="ended before 'ready'"):
        run_and_kill(make_kind("echo an error", "ready"), project, None)


@pytest.mark.parametrize("result, different", [("old", []), ("new", ["result"])])
def test_compares_results_after_repetition(project, tmp_path, monkeypatch, result, different):
    (project / "result").write_text("old")
    monkeypatch.setattr(
        interruptions, "KINDS", {"kind": make_kind(f"printf {result} > result; echo ready; sleep 1000", "ready")}
    )
    assert interrupt("kind", project, tmp_path / "copy", 0, {"result": "old"}) == Interruption(
        "kind", 0, ["repeated"], different
    )
    assert (project / "result").read_text() == "old"


def test_kills_earlier_if_the_run_has_ended(project, tmp_path, monkeypatch):
    monkeypatch.setattr(interruptions, "KINDS", {"kind": make_kind("sleep 1")})
    assert 0 < interrupt("kind", project, tmp_path / "copy", 1000, {}).seconds < 1000


def test_tabulates_by_kind():
    moments = [
        Interruption("queue", 1, ["queue kill"], []),
        Interruption("adopt", 1, [], []),
        Interruption("queue", 2, ["queue kill"], ["dvc.lock"]),
    ]
    assert list(tabulate(moments)) == [["queue", "2", "1", "queue kill: 2"], ["adopt", "1", "1", "none"]]
