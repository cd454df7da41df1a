"""The benchmark of training with several processes."""

import sys

import pytest

from benchmarks import training_processes


def test_needs_pytorch(monkeypatch):
    monkeypatch.setattr(training_processes, "BACKEND", "tensorflow")
    monkeypatch.setattr(sys, "argv", ["training_processes"])
    with pytest.raises(SystemExit, match="needs PyTorch: pip install torch, and set KERAS_BACKEND=torch"):
        training_processes.main()
