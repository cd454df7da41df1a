"""The fuzzing run: it finds every kind of fault, and a short run over all readers of files finds none."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fuzzing
from benchmarks.fuzzing import Kind, damage, fuzz
from netchu.core.errors import NetchuError
from tests.netchu.tiny_model import write_tiny_reader


def list_one_sample(reader: Path) -> list[bytes]:
    return [b"0123456789" * 20]


def fail_in_many_ways(data: bytes, folder: Path, reader: Path) -> None:
    calls = reader / "calls"
    number = len(calls.read_text()) if calls.exists() else 0
    calls.write_text("x" * (number + 1))
    if number == 1:
        raise ValueError("wrong")
    if number == 2:
        os._exit(7)
    if number == 3:
        raise NetchuError("one line")
    if number == 4:
        raise NetchuError("two\nlines")


def sleep(data: bytes, folder: Path, reader: Path) -> None:
    time.sleep(1000)


def test_finds_exceptions_and_dead_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzzing, "START_PATIENCE", 600)
    monkeypatch.setattr(fuzzing, "PATIENCE", 600)
    results = list(fuzz(Kind(list_one_sample, fail_in_many_ways), 6, 1, tmp_path))
    assert [result for result in results if isinstance(result, tuple)] == [
        (1, "ValueError: wrong"),
        (2, "the process died with exit code 7"),
        (4, "an error of several lines"),
    ]
    (memory,) = (result for result in results if isinstance(result, int))
    assert 10**7 < memory < 10**10


def test_finds_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzzing, "START_PATIENCE", 3)
    assert list(fuzz(Kind(list_one_sample, sleep), 1, 1, tmp_path)) == [(0, "takes more than 3 seconds")]


def test_damages_every_input_in_another_way():
    data = list_one_sample(Path())[0]
    inputs = [damage(data, np.random.default_rng(seed)) for seed in range(200)]
    assert len(set(inputs)) > 190 and data not in inputs
    assert inputs[7] == damage(data, np.random.default_rng(7))
    assert all(isinstance(damage(b"", np.random.default_rng(seed)), bytes) for seed in range(50))


@pytest.mark.parametrize("name", fuzzing.KINDS)
def test_short_run_finds_nothing(name, tmp_path, monkeypatch):
    monkeypatch.setattr(fuzzing, "PATIENCE", 600)
    monkeypatch.setattr(fuzzing, "START_PATIENCE", 600)
    reader = write_tiny_reader(tmp_path / "reader")
    results = list(fuzz(fuzzing.KINDS[name], 12, 5, reader))
    assert [result for result in results if isinstance(result, tuple)] == []


def test_shares_are_of_all_kinds():
    assert set(fuzzing.SHARES) == set(fuzzing.KINDS) and sum(fuzzing.SHARES.values()) == pytest.approx(1)


def test_uses_every_kind_of_input():
    assert set(fuzzing.divide_inputs(1).values()) == {1}
    assert fuzzing.divide_inputs(20_000)["models"] == 400
