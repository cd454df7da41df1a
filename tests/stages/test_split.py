"""Tests of the split stage: its list, its counts and its errors."""

import csv
import json

import pytest

from netchu.core.errors import NetchuError
from netchu.core.tables import LINE_COLUMNS, write_lines
from stages.split import Params, run
from tests.netchu.intake.test_splitting import line


def run_on(tmp_path, lines, **params):
    with write_lines(tmp_path / "lines.parquet", LINE_COLUMNS) as table:
        for row in lines:
            table.append({**row, "image": b"", "width": 100})
    outputs = {"lines": tmp_path / "split.csv", "counts": tmp_path / "split.json"}
    values = {"seed": 1, "validation": 0.1, "test": 0.1, **params}
    summary = run(Params(split=values), {"lines": tmp_path / "lines.parquet"}, outputs)
    with outputs["lines"].open(encoding="utf-8", newline="") as file:
        return summary, list(csv.DictReader(file)), json.loads(outputs["counts"].read_text())


def test_excludes_lines_that_share_text_or_writer_with_the_named_test_set(tmp_path):
    lines = [
        line(0, "Hà Nội", "w1", "test"),
        line(1, "hà nội", "w2"),  # the test line's text
        line(2, "b", "w1", "train"),  # its writer
        line(3, "c", "w2"),  # the writer of an excluded line, not of the test line
        *(line(number) for number in range(4, 24)),
    ]
    summary, rows, counts = run_on(tmp_path, lines)
    assert [row["id"] for row in rows] == ["0000", *(f"{number:04}" for number in range(3, 24))]
    assert counts["excluded"] == 2
    assert "2 excluded" in summary


def test_writes_list_and_counts(tmp_path):
    lines = [line(number, writer=f"w{number // 5}") for number in range(100)]
    summary, rows, counts = run_on(tmp_path, lines)
    assert summary == "80 train, 10 validation, 10 test lines, 0 excluded, no writer and no text in two subsets"
    assert [row["id"] for row in rows] == [row["id"] for row in lines]
    assert counts["train_lines"] == sum(row["subset"] == "train" for row in rows) == 80
    assert counts["test_writers"] == 2
    assert counts["validation_texts"] == 10
    overlaps = [key for key in counts if "_in_" in key]
    assert len(overlaps) == 6
    assert not any(counts[key] for key in overlaps)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(0)],
        [line(0), line(1)],
        [line(number, writer="the only one") for number in range(50)],
        [line(number, "the only text") for number in range(50)],
    ],
)
def test_rejects_an_empty_subset_and_says_what_to_do(tmp_path, lines):
    with pytest.raises(NetchuError, match=r"no lines left for .*split\.validation") as error:
        run_on(tmp_path, lines)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "split.csv").exists()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([line(n, subset="test") for n in range(50)], r"for train, .* names the subset of all 50 lines \(50 test\);"),
        (
            [line(0, writer="An", subset="test"), *(line(n, writer="An") for n in range(1, 30))],
            r"for train, .* of 1 of 30 lines \(1 test\), and 29 lines share a writer or a text with them;",
        ),
        ([line(n, subset="train") for n in range(50)], r"for test, .* of all 50 lines \(50 train\);"),
        (
            [line(n, subset=("test", "validation")[n % 2]) for n in range(50)],
            r"for train, .* of all 50 lines \(25 validation, 25 test\);",
        ),
    ],
)
def test_names_the_data_that_leave_a_subset_empty(tmp_path, lines, reason):
    with pytest.raises(NetchuError, match=reason + ".* a folder with the word test in its name") as error:
        run_on(tmp_path, lines)
    assert "\n" not in str(error.value)


def test_leaves_subsets_empty_with_fractions_of_zero(tmp_path):
    _, rows, _ = run_on(tmp_path, [line(0), line(1)], validation=0, test=0)
    assert [row["subset"] for row in rows] == ["train", "train"]
