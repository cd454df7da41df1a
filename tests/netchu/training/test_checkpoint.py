"""Tests of checkpoints: saving, loading, crashes and the fingerprint."""

import sys
import types

import numpy as np
import pytest

from netchu.training import checkpoint
from netchu.training.checkpoint import Checkpoint, fingerprint


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")


def groups(value):
    """Return more than ten arrays, scalars and empty ones: their names must not be sorted as text."""
    return {"network": [np.full(n % 4, value + n, np.float32) for n in range(12)], "seeds": [np.uint32(7)]}


def test_loads_groups_and_history(folder):
    history = [{"epoch": 1, "loss": 2.5}]
    Checkpoint("a").save(groups(0), history)
    Checkpoint("a").save(groups(1), history)
    arrays, restored = Checkpoint("a").load()
    assert restored == history
    assert [array.tolist() for array in arrays["network"]] == [array.tolist() for array in groups(1)["network"]]
    assert arrays["seeds"][0] == 7 and arrays["seeds"][0].dtype == np.uint32


def test_returns_none_without_a_file_or_for_a_damaged_one():
    saved = Checkpoint("a")
    assert saved.load() is None
    saved.save(groups(0), [])
    whole = saved.path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"x" * 100):
        saved.path.write_bytes(damaged)
        assert saved.load() is None


def test_keeps_the_previous_state_after_a_crash_while_saving(monkeypatch):
    saved = Checkpoint("a")
    saved.save(groups(0), [{"epoch": 1}])

    def crash(file, **arrays):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", crash)
    with pytest.raises(KeyboardInterrupt):
        saved.save(groups(1), [{"epoch": 2}])
    assert saved.load()[1] == [{"epoch": 1}]


def test_keeps_runs_apart_and_removes_a_finished_one():
    one, other = Checkpoint("one"), Checkpoint("other")
    one.save(groups(0), [])
    assert other.load() is None
    one.remember("words", dict)
    one.remove()
    assert one.load() is None and not one.path.parent.exists()


def test_computes_a_value_once_for_each_run():
    calls = []

    def compute() -> dict[str, list[int]]:
        calls.append(1)
        return {"số 9.png": [12, 40], "b": []}

    assert [Checkpoint(key).remember("words", compute) for key in "aab"] == [{"số 9.png": [12, 40], "b": []}] * 3
    assert len(calls) == 2
    Checkpoint("a").path.with_name("words.json").write_bytes(b'{"half')
    assert Checkpoint("a").remember("words", compute)["b"] == [] and len(calls) == 3


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project with one imported module and one data file."""
    for name in ("netchu/training/checkpoint.py", "netchu/core/module.py", "data"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(checkpoint, "__file__", str(tmp_path / "netchu" / "training" / "checkpoint.py"))
    module = types.ModuleType("module")
    module.__file__ = str(tmp_path / "netchu" / "core" / "module.py")
    monkeypatch.setitem(sys.modules, "module", module)
    return tmp_path


def test_gives_the_same_run_the_same_fingerprint(project):
    one = fingerprint({"a": 1, "b": 2}, [project / "data"], ["numpy"])
    assert fingerprint({"b": 2, "a": 1}, [project / "data"], ["numpy"]) == one


@pytest.mark.parametrize("change", ["parameters", "data", "code", "version"])
def test_changes_the_fingerprint_with_each_input_of_a_run(project, monkeypatch, change):
    parameters = {"a": 1}
    before = fingerprint(parameters, [project / "data"], ["numpy"])
    match change:
        case "parameters":
            parameters = {"a": 2}
        case "data":
            (project / "data").write_text("2")
        case "code":
            (project / "netchu" / "core" / "module.py").write_text("2")
        case "version":
            monkeypatch.setattr(checkpoint, "version", lambda package: "0.0")
    assert fingerprint(parameters, [project / "data"], ["numpy"]) != before
