"""Tests of the preprocess stage: line images in order, unusable lines rejected with a reason."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.tables import CLEAN_COLUMNS, LINE_COLUMNS, open_lines, read_metadata, read_rows, write_lines
from netchu.pictures.line_image import line_image
from stages.preprocess import Params, run
from tests.netchu.helpers import trace_peak

VALUES = {"height": 32, "blur": 0, "threshold": "none", "deslope": False, "deslant": False, "margin": 0}


def page(text="Ha Noi", shape=(60, 300)):
    image = np.full(shape, 240, np.uint8)
    cv2.putText(image, text, (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 30, 2)
    return image


def encoded(image, suffix=".png"):
    return cv2.imencode(suffix, image)[1].tobytes()


def row(name, text="Ha Noi", image=None):
    image = encoded(page(text)) if image is None else image
    return {"id": name, "source": "a", "writer": "w", "subset": "test", "text": text, "image": image}


def run_on(folder, rows, **values):
    with write_lines(folder / "clean.parquet", CLEAN_COLUMNS) as table:
        for line in rows:
            table.append(line)
    outputs = {"lines": folder / "lines.parquet", "rejected": folder / "rejected.csv", "counts": folder / "counts.json"}
    summary = run(Params(preprocess={**VALUES, **values}), {"lines": folder / "clean.parquet"}, outputs)
    with outputs["rejected"].open(encoding="utf-8", newline="") as file:
        rejected = list(csv.DictReader(file))
    return summary, open_lines(outputs["lines"]), rejected, json.loads(outputs["counts"].read_text())


def test_writes_line_images_in_the_order_of_the_input(tmp_path):
    rows = [row(f"line {number:03}", f"Quan {number}") for number in range(150)]
    summary, table, rejected, counts = run_on(tmp_path, rows)
    assert table.schema_arrow.equals(LINE_COLUMNS)
    assert read_metadata(table) == {"preprocess": VALUES}
    params = Params(preprocess=VALUES).preprocess
    found = list(read_rows(table))
    for line, original in zip(found, rows, strict=True):
        assert {key: line[key] for key in ("id", "source", "writer", "subset", "text")} == {
            key: original[key] for key in ("id", "source", "writer", "subset", "text")
        }
        image = cv2.imdecode(np.frombuffer(line["image"], np.uint8), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(image, line_image(page(original["text"]), params))
        assert line["width"] == image.shape[1]
    assert rejected == []
    assert counts == {"lines": 150, "rejected": 0, "median_width": round(np.median([line["width"] for line in found]))}
    assert summary.startswith("150 lines, 0 rejected, median width ")


def test_holds_few_images_in_memory(tmp_path, monkeypatch):
    """The files have 20,000 bytes more than their pixels need: all of the second half would need 2.5 MB."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    image = encoded(page()) + bytes(20_000)

    def preprocess(count):
        rows = (row(f"{number:03}", image=image + bytes([number])) for number in range(count))
        summary, *_ = run_on(tmp_path, rows)
        assert summary.startswith(f"{count} lines, 0 rejected")

    preprocess(1)
    assert trace_peak(lambda: preprocess(256)) - trace_peak(lambda: preprocess(128)) < 10**6


def test_rejects_unusable_lines_with_their_reason(tmp_path):
    wide = page("a" * 250, (60, 6000))
    rows = [
        row("good"),
        row("blank", image=encoded(np.full((60, 300), 255, np.uint8))),
        row("narrow", "x" * 200, encoded(page())),
        row("repeated", "1" * 14, encoded(page("O"))),
        row("broken", image=b"no picture"),
        row("wide", image=encoded(wide)),
        row("also good", image=encoded(page(), ".jpg")),
    ]
    summary, table, rejected, counts = run_on(tmp_path, rows)
    assert [line["id"] for line in read_rows(table)] == ["good", "also good"]
    assert [(line["id"], line["reason"]) for line in rejected] == [
        ("blank", "blank"),
        ("broken", "undecodable"),
        ("narrow", "too_narrow"),
        ("repeated", "too_narrow"),
        ("wide", "too_wide"),
    ]
    assert rejected[2]["detail"].startswith("200 characters need 399 frames, ")
    assert counts["rejected"] == 5
    assert counts["rejected_too_narrow"] == 2
    assert "5 rejected (1 blank, 2 too_narrow, 1 too_wide, 1 undecodable)" in summary


def test_rejects_writing_that_the_blur_removes(tmp_path):
    thin = np.full((60, 300), 240, np.uint8)
    cv2.putText(thin, "Ha Noi", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, 30, 1)
    rows = [row("thick", image=encoded(np.repeat(np.repeat(page(), 4, 0), 4, 1))), row("thin", image=encoded(thin))]
    assert run_on(tmp_path, rows)[2] == []
    _, table, rejected, _ = run_on(tmp_path, rows, blur=5)
    assert [line["id"] for line in read_rows(table)] == ["thick"]
    assert [(line["id"], line["reason"]) for line in rejected] == [("thin", "blank")]


def test_writes_the_same_bytes_every_time(tmp_path):
    rows = [row(f"{number}", f"Quan {number}") for number in range(70)]
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        run_on(tmp_path / name, rows, threshold="sauvola", deslant=True, blur=1)
    for name in ("lines.parquet", "rejected.csv", "counts.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


@pytest.mark.parametrize("rows", [[], [row("blank", image=encoded(np.full((60, 300), 255, np.uint8)))]])
def test_rejects_a_table_without_usable_lines_and_leaves_no_output(tmp_path, rows):
    with pytest.raises(NetchuError, match=r"clean\.parquet: none of its lines can be used"):
        run_on(tmp_path, rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.parquet"]


def test_rejects_a_damaged_table(tmp_path):
    (tmp_path / "clean.parquet").write_bytes(b"PAR1")
    with pytest.raises(NetchuError, match="not a readable Parquet file"):
        run(Params(preprocess=VALUES), {"lines": tmp_path / "clean.parquet"}, {"lines": tmp_path / "x"})


@pytest.mark.parametrize("stage", ["preprocess", "split"])
def test_imports_nothing_slow(stage):
    code = (
        f"import sys, stages.{stage}; print(sorted({{'tensorflow', 'pandas', 'scipy', 'sklearn'}} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    assert subprocess.check_output([sys.executable, "-c", code], cwd=root, text=True).strip() == "[]"
