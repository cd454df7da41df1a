"""The benchmark of line finding prints the time for each kind of page."""

import sys

import cv2
import pytest

from benchmarks import line_finding


@pytest.fixture
def opencv_threads():
    """Restore the number of threads, which the benchmark changes."""
    threads = cv2.getNumThreads()
    yield
    cv2.setNumThreads(threads)


def test_prints_row_for_each_kind_of_page(monkeypatch, capsys, opencv_threads):
    monkeypatch.setattr(line_finding, "KINDS", ("plain", "small"))
    monkeypatch.setattr(sys, "argv", ["line_finding", "--lines", "3"])
    line_finding.main()
    columns, _, *rows = (
        [cell.strip() for cell in row.split("|")[1:-1]] for row in capsys.readouterr().out.splitlines()
    )
    assert columns == ["page", "megapixels", "lines", "seconds", "at 12 MP"]
    assert [row[0] for row in rows] == ["plain", "small"]
    assert all(row[2] == "3" and float(row[4]) > 0 for row in rows)
