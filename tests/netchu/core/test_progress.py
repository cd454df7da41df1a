"""Tests of progress reports: silent for short work, a bar on a terminal, plain lines elsewhere."""

import io
import sys

import pytest

from netchu.core import progress as module
from netchu.core.progress import progress


class Clock:
    """A clock that tests set."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module.time, "monotonic", clock)
    return clock


def work(clock, items, seconds):
    for item in progress(range(items), "clean", items):
        clock.now += seconds
        yield item


def test_prints_nothing_for_work_below_two_seconds(clock, capsys):
    assert list(work(clock, 10, 0.19)) == list(range(10))
    assert capsys.readouterr().err == ""


def test_prints_plain_lines_without_a_terminal(clock, capsys):
    list(work(clock, 30, 1.0))
    assert capsys.readouterr().err.splitlines() == ["clean: 2 of 30", "clean: 12 of 30", "clean: 22 of 30"]


def test_shows_a_bar_on_a_terminal(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(module, "_DELAY", 0)
    assert list(progress(range(5), "clean", 5)) == list(range(5))
    assert "clean:" in terminal.getvalue() and "/5" in terminal.getvalue()
