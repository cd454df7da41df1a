"""The arguments of the benchmark of a new writer."""

import sys

import pytest

from benchmarks import new_writer


def test_archive_needs_a_writer(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["new_writer", "kalapa.zip"])
    with pytest.raises(SystemExit):
        new_writer.main()
    assert "error: ARCHIVE needs at least one WRITER" in capsys.readouterr().err
