"""Tests of the clean stage: its files, its counts and its errors."""

import collections
import csv
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from netchu.core.errors import NetchuError
from netchu.core.tables import CLEAN_COLUMNS
from netchu.intake.cleaning import REASONS
from stages import clean
from tests.netchu.helpers import trace_peak
from tests.netchu.intake.test_cleaning import GOOD, written


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs the stage on archives {stem: {name: bytes}} and checks its outputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)

    def run(max_rejected=1.0, **archives):
        raw = Path("data/raw")
        raw.mkdir(parents=True, exist_ok=True)
        for stem, files in archives.items():
            with zipfile.ZipFile(raw / f"{stem}.zip", "w") as archive:
                for name, data in files.items():
                    archive.writestr(name, json.dumps(data) if isinstance(data, dict) else data)
        params = clean.Params(clean=clean.CleanParams(min_height=16, min_width=32, max_rejected=max_rejected))
        summary = clean.run(params, clean.INPUTS, clean.OUTPUTS)
        check_outputs()
        return summary

    return run


def check_outputs():
    """Check that every line is either kept or rejected, and that each reason has its count."""
    table = pq.read_table(clean.OUTPUTS["lines"])
    assert table.schema.equals(CLEAN_COLUMNS)
    with clean.OUTPUTS["rejected"].open(encoding="utf-8", newline="") as file:
        header, *rejected = csv.reader(file)
    assert header == ["id", "reason", "detail"] and rejected == sorted(rejected)
    counts = json.loads(clean.OUTPUTS["counts"].read_text())
    reasons = collections.Counter(row[1] for row in rejected)
    assert counts == {
        "lines": table.num_rows + len(rejected),
        "kept": table.num_rows,
        "rejected": len(rejected),
        **{f"rejected_{reason}": reasons[reason] for reason in REASONS},
        "mapped": counts["mapped"],
    }


def test_writes_lines_rejected_lines_and_counts(run):
    labels = {"labels.json": {"0.png": "Số 1", "1.png": "Số 2", "2.png": ""}}
    summary = run(set=labels | {"0.png": GOOD, "1.png": b"x", "2.png": written(1)})
    assert summary == "1 lines kept, 2 rejected (1 empty_text, 1 undecodable)"
    assert clean.OUTPUTS["rejected"].read_text(encoding="utf-8").splitlines()[2] == "set/2.png,empty_text,"


def test_maps_and_counts_typographic_signs(run):
    texts = ["“Số 1”", "Số\u00a02 – 3", "Số ４", "\u00d0à Nẵng", "Số 5"]
    files = {f"{number}.png": written(number) for number in range(len(texts))}
    summary = run(set={"labels.json": dict(zip(files, texts, strict=True)), **files})
    assert summary == "5 lines kept, typographic signs replaced in 4 of them, 0 rejected"
    assert json.loads(clean.OUTPUTS["counts"].read_text())["mapped"] == 4
    kept = pq.read_table(clean.OUTPUTS["lines"]).to_pylist()
    assert {row["text"] for row in kept} == {'"Số 1"', "Số 2 - 3", "Số 4", "Đà Nẵng", "Số 5"}


def test_takes_copies_whose_signs_differ_for_one_line(run):
    run(set={"labels.json": {"0.png": "d’Arc", "1.png": "d'Arc"}, "0.png": GOOD, "1.png": GOOD})
    assert json.loads(clean.OUTPUTS["counts"].read_text())["rejected_duplicate_image"] == 1


def test_still_rejects_other_unknown_characters(run):
    run(set={"labels.json": {"0.png": "Số 1", "1.png": "“5 €”"}, "0.png": GOOD, "1.png": written(1)})
    assert clean.OUTPUTS["rejected"].read_text(encoding="utf-8").splitlines()[1] == "set/1.png,unknown_character,€"
    assert json.loads(clean.OUTPUTS["counts"].read_text())["mapped"] == 0


def test_names_the_rejected_list_from_an_experiments_copy(run, tmp_path, monkeypatch):
    (tmp_path / "copy").mkdir()
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path / "copy")
    with pytest.raises(NetchuError, match=rf"see {tmp_path}/\.netchu/rejected\.csv and fix the data"):
        run(set={"labels.json": {"1.png": "Số 1"}, "1.png": b"x"})
    assert (tmp_path / ".netchu/rejected.csv").exists()


def test_mixes_the_lines_of_all_sources_and_always_writes_the_same_bytes(run):
    files = {f"{n}.png": written(n, (60, 20)) for n in range(80)}
    archives = {
        "a": {"labels.json": dict.fromkeys(files, "một"), **files},
        "b": {"labels.json": dict.fromkeys(files, "hai"), **{name: data + b"\0" for name, data in files.items()}},
    }
    run(**archives)
    first = clean.OUTPUTS["lines"].read_bytes()
    table = pq.ParquetFile(clean.OUTPUTS["lines"])
    assert table.num_row_groups == 3
    # At random, 64 lines contain fewer than 16 of one source less than once in a million times.
    assert 16 < table.read_row_group(0)["source"].to_pylist().count("a") < 48
    run(**archives)
    assert clean.OUTPUTS["lines"].read_bytes() == first


def test_rejects_data_with_too_many_rejected_lines(run):
    files = {"labels.json": {f"{n}.png": "Số 1" for n in range(4)}, "0.png": GOOD, "1.png": written(1)}
    run(set=files, max_rejected=0.5)
    for path in clean.OUTPUTS.values():
        path.unlink()
    with pytest.raises(NetchuError) as caught:
        run(set=files, max_rejected=0.49)
    assert str(caught.value) == (
        "50.0% of 4 lines are rejected (2 no_image), more than clean.max_rejected = 49.0%; "
        "see .netchu/rejected.csv, then fix the data or raise clean.max_rejected"
    )
    assert Path(".netchu/rejected.csv").read_text() == (
        "id,reason,detail\nset/2.png,no_image,Số 1\nset/3.png,no_image,Số 1\n"
    )
    assert not any(path.exists() for path in clean.OUTPUTS.values())
    assert list(Path("data/clean").iterdir()) == []


def test_rejects_data_without_a_good_line_whatever_the_limit(run):
    with pytest.raises(NetchuError, match=r"no good line among 1 \(1 undecodable\)"):
        run(set={"labels.json": {"1.png": "Số 1"}, "1.png": b"x"}, max_rejected=1.0)
    with pytest.raises(NetchuError, match="no good line among 0"):
        run(set={"labels.json": "{}"})


@pytest.mark.parametrize(
    ("data", "error"),
    [(None, "contains no zip archive"), (b"PK", "truncated or damaged"), (b"", "empty file")],
)
def test_rejects_damaged_archives(run, data, error):
    if data is not None:
        Path("data/raw").mkdir(parents=True)
        Path("data/raw/set.zip").write_bytes(data)
    with pytest.raises(NetchuError, match=error):
        run()


def test_imports_nothing_slow():
    code = "import sys, stages.clean; print({'pandas', 'scipy', 'sklearn', 'tensorflow', 'pooch'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_holds_few_images_in_memory(tmp_path, monkeypatch):
    """The files have 20,000 bytes more than their pixels need: all of the second half would need 2.5 MB."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.chdir(tmp_path)
    params = clean.Params(clean=clean.CleanParams(min_height=16, min_width=32, max_rejected=0))

    def write(count):
        Path("data/raw").mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile("data/raw/a.zip", "w") as archive:
            for number in range(count):
                archive.writestr(f"{number}.png", GOOD + number.to_bytes(20_000, "big"))
            archive.writestr("a.csv", "file,text\n" + "".join(f"{number}.png,Số {number}\n" for number in range(count)))

    def trace(count):
        write(count)
        peak = trace_peak(lambda: clean.run(params, clean.INPUTS, clean.OUTPUTS))
        assert pq.read_metadata("data/clean/lines.parquet").num_rows == count
        return peak

    trace(1)
    assert trace(256) - trace(128) < 10**6
