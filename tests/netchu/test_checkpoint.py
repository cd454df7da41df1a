"""Checkpoints: what comes back, and what survives a crash."""

import numpy as np
import pytest

from netchu import checkpoint
from netchu.checkpoint import Checkpoint, fingerprint


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")


def groups(value):
    """More than ten arrays, scalars and empty ones: names must not be sorted as text."""
    return {"network": [np.full(n % 4, value + n, np.float32) for n in range(12)], "seeds": [np.uint32(7)]}


def test_groups_and_history_come_back(folder):
    history = [{"epoch": 1, "loss": 2.5}]
    Checkpoint("a").save(groups(0), history)
    Checkpoint("a").save(groups(1), history)
    arrays, restored = Checkpoint("a").load()
    assert restored == history
    assert [array.tolist() for array in arrays["network"]] == [array.tolist() for array in groups(1)["network"]]
    assert arrays["seeds"][0] == 7 and arrays["seeds"][0].dtype == np.uint32


def test_none_where_there_is_none_or_it_is_damaged():
    saved = Checkpoint("a")
    assert saved.load() is None
    saved.save(groups(0), [])
    whole = saved.path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"x" * 100):
        saved.path.write_bytes(damaged)
        assert saved.load() is None


def test_a_crash_while_saving_leaves_the_state_before(monkeypatch):
    saved = Checkpoint("a")
    saved.save(groups(0), [{"epoch": 1}])

    def crash(file, **arrays):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", crash)
    with pytest.raises(KeyboardInterrupt):
        saved.save(groups(1), [{"epoch": 2}])
    assert saved.load()[1] == [{"epoch": 1}]


def test_runs_do_not_share_a_state_and_a_finished_one_leaves_none():
    one, other = Checkpoint("one"), Checkpoint("other")
    one.save(groups(0), [])
    assert other.load() is None
    one.remove()
    assert one.load() is None and not one.path.parent.exists()


def test_fingerprint_follows_parameters_data_code_and_versions(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.write_bytes(b"1")
    seen = [fingerprint({"a": 1, "b": 2}, [data], ["numpy"])]
    assert fingerprint({"b": 2, "a": 1}, [data], ["numpy"]) == seen[0]
    seen.append(fingerprint({"a": 1, "b": 3}, [data], ["numpy"]))
    monkeypatch.setattr(checkpoint, "version", lambda package: "0.0")
    seen.append(fingerprint({"a": 1, "b": 2}, [data], ["numpy"]))
    data.write_bytes(b"2")
    seen.append(fingerprint({"a": 1, "b": 2}, [data], ["numpy"]))
    assert len(set(seen)) == 4
