"""Tests of files of pen strokes: each faulty line is named, and the others are read."""

import gzip
import json
import lzma

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.intake.stroke_files import is_stroke_file, read_strokes

GOOD = {"id": "a_1", "writer": "w", "text": "Số 1", "split": "val", "strokes": [[5, 7, 1, -2, 3, 0], [9, 9]]}


def write(path, *values):
    lines = [value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode() for value in values]
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "wb") as file:
        file.write(b"\n".join(lines) + b"\n")
    return path


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.jsonl.xz", "lines.JSONL.gz"])
def test_reads_plain_and_compressed_files(tmp_path, name):
    assert is_stroke_file(name)
    (line,) = read_strokes(write(tmp_path / name, GOOD, b" "))
    assert line[:2] + line[3:] == ("a_1", "Số 1", "w", "validation", "")
    assert [stroke.tolist() for stroke in line.strokes] == [[[5, 7], [6, 5], [9, 5]], [[9, 9]]]
    assert line.strokes[0].dtype == np.float64


def test_reads_lines_without_writer_and_split(tmp_path):
    (line,) = read_strokes(write(tmp_path / "a.jsonl", {"id": "1", "text": "x", "strokes": [[0, 0]], "pen": 3}))
    assert (line.writer, line.subset, line.fault) == ("", "", "")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (b"{", "line 2: not valid JSON (Expecting property name"),
        (b"[" * 100_000, "line 2: not valid JSON"),
        (b"[1]", "line 2: expected an object"),
        ({"id": "../x"}, "line 2: id: expected 1 to 120 letters"),
        ({"id": "a_2\n"}, "line 2: id: expected"),
        ({"id": None}, "line 2: id: expected"),
        ({"id": "A_1"}, "line 2: has the id of line 1"),
        ({"text": 3}, "line 2: text: expected a string"),
        ({"writer": 3}, "line 2: writer: expected a string"),
        ({"split": "dev"}, "line 2: split: expected one of train, validation, test, val"),
        ({"split": []}, "line 2: split: expected"),
        ({"strokes": []}, "line 2: strokes: expected a list"),
        ({"strokes": [[1, 2], [1, 2, 3]]}, "line 2: stroke 2: expected"),
        ({"strokes": [[]]}, "line 2: stroke 1: expected"),
        ({"strokes": [[True, 1]]}, "line 2: stroke 1: expected"),
        ({"strokes": [[float("nan"), 1]]}, "line 2: stroke 1: expected"),
        ({"strokes": [[10**400, 1]]}, "line 2: stroke 1: expected"),
        ({"strokes": [[10**9, 1, 10**9, 1]]}, "line 2: stroke 1: a coordinate is above"),
    ],
)
def test_names_the_fault_of_a_line_and_reads_the_others(tmp_path, change, fault):
    bad = change if isinstance(change, bytes) else GOOD | {"id": "a_2"} | change
    first, second, third = read_strokes(write(tmp_path / "a.jsonl", GOOD, bad, GOOD | {"id": "a_3"}))
    assert (first.fault, third.fault, third.id) == ("", "", "a_3")
    assert second.fault.startswith(fault)
    assert second.id in ("a_2", "line 2")
    assert not second.strokes or second.fault == "line 2: has the id of line 1"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\n", "line 1: not UTF-8; save it as UTF-8"),
        (b"\n" + b"x" * 10_000_001, "line 2: longer than 10,000,000 bytes; is it JSON Lines?"),
        (None, "cannot be read after line 0"),
    ],
)
def test_rejects_unreadable_file(tmp_path, content, message):
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NetchuError, match=message) as caught:
        list(read_strokes(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("suffix", ["xz", "gz"])
@pytest.mark.parametrize("truncated", [True, False])
def test_rejects_damaged_compression(tmp_path, suffix, truncated):
    path = write(tmp_path / f"a.jsonl.{suffix}", *[GOOD] * 9)
    path.write_bytes(path.read_bytes()[:-20] if truncated else b"no archive")
    with pytest.raises(NetchuError, match=r"a\.jsonl\.\w+: cannot be read after line \d+ .*; fetch it again"):
        list(read_strokes(path))
