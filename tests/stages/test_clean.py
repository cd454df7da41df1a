"""The clean stage: every bad line is quarantined under its reason, every good one kept, always in the same bytes."""

import collections
import csv
import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from netchu.core.errors import NetchuError
from netchu.core.tables import CLEAN_COLUMNS
from netchu.intake.labels import list_lines
from stages import clean

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "../shared/data"


def written(number: int, size=(200, 40), kind="PNG", mode="RGB") -> bytes:
    """A picture of pen strokes, another for each number."""
    rng = np.random.default_rng(number)
    image = Image.new("L", size, 250)
    draw = ImageDraw.Draw(image)
    for x in range(10, size[0] - 10, 8):
        draw.line([(x, rng.integers(8, 16)), (x + 4, rng.integers(24, 34))], fill=30, width=2)
    return encoded(image.convert(mode), kind)


def encoded(image: Image.Image, kind="PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the stage on archives {stem: {name: bytes}}; returns (kept rows by id, rejected rows, counts)."""
    monkeypatch.chdir(tmp_path)

    def run(max_rejected=1.0, **archives):
        raw = Path("data/raw")
        raw.mkdir(parents=True, exist_ok=True)
        for stem, files in archives.items():
            with zipfile.ZipFile(raw / f"{stem}.zip", "w") as archive:
                for name, data in files.items():
                    archive.writestr(name, json.dumps(data) if isinstance(data, dict) else data)
        params = clean.Params(clean=clean.CleanParams(min_height=16, min_width=32, max_rejected=max_rejected))
        clean.run(params, clean.INPUTS, clean.OUTPUTS)
        return results(Path())

    return run


def results(folder: Path) -> tuple[dict[str, dict], list[tuple[str, str, str]], dict[str, int]]:
    table = pq.read_table(folder / clean.OUTPUTS["lines"])
    assert table.schema.equals(CLEAN_COLUMNS)
    with (folder / clean.OUTPUTS["rejected"]).open(encoding="utf-8", newline="") as file:
        header, *rejected = csv.reader(file)
    assert header == ["id", "reason", "detail"] and rejected == sorted(rejected)
    counts = json.loads((folder / clean.OUTPUTS["counts"]).read_text())
    kept = {row["id"]: row for row in table.to_pylist()}
    # Nothing is lost: what is counted is kept or rejected, and each reason has its count.
    assert len(kept) == table.num_rows == counts["kept"]
    assert len(rejected) == counts["rejected"] == counts["lines"] - counts["kept"]
    reasons = collections.Counter(row[1] for row in rejected)
    assert {f"rejected_{reason}": reasons[reason] for reason in clean.REASONS}.items() <= counts.items()
    assert len(counts) == 3 + len(clean.REASONS)
    return kept, [tuple(row) for row in rejected], counts


GOOD = written(0)

BAD_IMAGES = {
    # name: (bytes of 1.png, the reason it must be rejected for)
    "empty file": (b"", "undecodable"),
    "cut": (written(1)[:-200], "undecodable"),
    "text": ("Số 1".encode(), "undecodable"),
    "bomb": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\0\0\0\0\xfa\x58\xd2\x1c", "undecodable"),
    "too low": (written(1, (200, 15)), "too_small"),
    "too narrow": (written(1, (31, 40)), "too_small"),
    "one pixel": (encoded(Image.new("L", (1, 1))), "too_small"),
    "white": (encoded(Image.new("RGB", (200, 40), "white")), "blank"),
    "black": (encoded(Image.new("RGB", (200, 40), "black")), "blank"),
    "transparent all over": (encoded(Image.new("RGBA", (200, 40), (0, 0, 0, 0))), "blank"),
    "copy of the good line": (GOOD, "duplicate_image"),
}


@pytest.mark.parametrize(("image", "reason"), BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_bad_images_are_quarantined(run, image, reason):
    kept, rejected, _ = run(set={"labels.json": {"0.png": "Số 1", "1.png": "Số 1"}, "0.png": GOOD, "1.png": image})
    assert list(kept) == ["set/0.png"]
    assert [row[:2] for row in rejected] == [("set/1.png", reason)]


BAD_TEXTS = {
    # name: (text of 1.png, reason, detail)
    "empty": ("", "empty_text", ""),
    "white space": (" \t\n\u3000", "empty_text", ""),
    "invisible characters": ("\u200b\ufeff\x00", "empty_text", ""),
    "letters outside the charset, each named once": ("Å 東 Å", "unknown_character", "Å東"),
    "a tone on a consonant": ("n\u0301g", "unknown_character", "ń"),
    "half a character": ("a\ud800", "unknown_character", "\\ud800"),
}


@pytest.mark.parametrize(("text", "reason", "detail"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_bad_texts_are_quarantined(run, text, reason, detail):
    kept, rejected, _ = run(
        set={"labels.json": {"0.png": "Số 1", "1.png": text}, "0.png": GOOD, "1.png": written(1)},
    )
    assert list(kept) == ["set/0.png"]
    assert rejected == [("set/1.png", reason, detail)]


BAD_PAIRS = {
    # name: (archives, ids kept, (id, reason) rejected)
    "one image, two names, two texts": (
        {"a": {"labels.json": {"1.png": "Số 1", "2.png": "số 1"}, "1.png": GOOD, "2.png": GOOD}},
        [],
        [("a/1.png", "conflicting_text"), ("a/2.png", "conflicting_text")],
    ),
    "one image in two archives, one text": (
        {
            "a": {"labels.json": {"1.png": "Số 1"}, "1.png": GOOD},
            "b": {"labels.json": {"1.png": "Số 1"}, "1.png": GOOD},
        },
        ["a/1.png"],
        [("b/1.png", "duplicate_image")],
    ),
    "the copy of an official test line whose writer is known is the one to keep": (
        {
            "a": {"labels.json": {"1.png": "Số 1"}, "1.png": GOOD},
            "b": {"Test/labels.json": {"2.png": "Số 1"}, "Test/writers.json": {"2.png": "12"}, "Test/2.png": GOOD},
        },
        ["b/Test/2.png"],
        [("a/1.png", "duplicate_image")],
    ),
    "a test line before a validation line, that before a line to train on": (
        {
            "a": {"t.csv": "file,text,subset\n1.png,Một,train\n2.png,Một,validation\n3.png,Một,test\n"}
            | dict.fromkeys(("1.png", "2.png", "3.png"), GOOD),
            "b": {"t.csv": "file,text,subset\n1.png,Hai,\n2.png,Hai,train\n3.png,Hai,validation\n"}
            | dict.fromkeys(("1.png", "2.png", "3.png"), written(1)),
        },
        ["a/3.png", "b/3.png"],
        [(f"{name}.png", "duplicate_image") for name in ("a/1", "a/2", "b/1", "b/2")],
    ),
    "of two test lines the one whose writer is known": (
        {
            "a": {
                "t.csv": "file,text,writer,subset\n1.png,Một,,test\n2.png,Một,An,test\n3.png,Một,Bình,\n",
                **dict.fromkeys(("1.png", "2.png", "3.png"), GOOD),
            },
        },
        ["a/2.png"],
        [("a/1.png", "duplicate_image"), ("a/3.png", "duplicate_image")],
    ),
    "one name labelled twice, with two texts": (
        {"a": {"labels.json": '{"1.png": "Số 1", "1.png": "Số 2"}', "1.png": GOOD}},
        [],
        [("a/1.png", "conflicting_text"), ("a/1.png", "conflicting_text")],
    ),
    "texts that differ by Unicode form and white space alone": (
        {"a": {"labels.json": {"1.png": "Số  1", "2.png": "Số 1 "}, "1.png": GOOD, "2.png": GOOD}},
        ["a/1.png"],
        [("a/2.png", "duplicate_image")],
    ),
    "an empty text contradicts nothing": (
        {"a": {"labels.json": {"1.png": "", "2.png": "Số 1"}, "1.png": GOOD, "2.png": GOOD}},
        ["a/2.png"],
        [("a/1.png", "empty_text")],
    ),
    "label without image, image without label": (
        {"a": {"labels.json": {"1.png": "Số 1", "3.png": "Số 3"}, "1.png": GOOD, "2.png": written(2)}},
        ["a/1.png"],
        [("a/2.png", "no_label"), ("a/3.png", "no_image")],
    ),
}


@pytest.mark.parametrize(("archives", "ids", "reasons"), BAD_PAIRS.values(), ids=BAD_PAIRS.keys())
def test_lines_that_contradict_or_repeat_each_other(run, archives, ids, reasons):
    # One good line more, so that there is always something to keep.
    kept, rejected, _ = run(z={"labels.json": {"1.png": "Hà Nội"}, "1.png": written(9)}, **archives)
    assert sorted(kept) == [*ids, "z/1.png"]
    assert [row[:2] for row in rejected] == reasons


def test_a_kept_line_has_clean_text_and_the_image_as_it_came(run):
    photo = written(3, kind="JPEG")
    kept, rejected, counts = run(
        set={
            "Private Test/labels.json": {"1.JPG": "  So\u0302\u0301 1,\n Ha\u0300 No\u0323\u0302i "},
            "Private Test/writers.json": {"1.JPG": "12"},
            "Private Test/1.jpg": photo,
        }
    )
    assert kept["set/Private Test/1.jpg"] == {
        "id": "set/Private Test/1.jpg",
        "source": "set",
        "writer": "set/12",
        "subset": "test",
        "text": "Số 1, Hà Nội",
        "image": photo,
    }
    assert rejected == [] and counts["lines"] == 1


def test_a_writer_whom_only_the_copy_names_is_kept(run):
    """Else the writer's other lines might train the network that this test line measures."""
    kept, _, _ = run(
        set={
            "Private Test/labels.json": {"1.png": "Số 1"},
            "Private Test/1.png": written(1),
            "train/labels.json": {"2.png": "Số 1", "3.png": "Số 3"},
            "train/writers.json": {"2.png": "12", "3.png": "12"},
            "train/2.png": written(1),
            "train/3.png": written(3),
        }
    )
    assert {name: row["writer"] for name, row in kept.items()} == {
        "set/Private Test/1.png": "set/12",
        "set/train/3.png": "set/12",
    }


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "LA"), ("PNG", "P"), ("BMP", "L")])
def test_good_lines_of_every_kind_are_kept(run, kind, mode):
    kept, _, _ = run(set={"labels.json": {"1.png": "Số 1"}, "1.png": written(1, kind=kind, mode=mode)})
    assert list(kept) == ["set/1.png"]


def test_lines_of_all_sources_are_mixed_and_the_bytes_are_always_the_same(run):
    files = {f"{n}.png": written(n, (60, 20)) for n in range(80)}
    archives = {
        "a": {"labels.json": dict.fromkeys(files, "một"), **files},
        "b": {"labels.json": dict.fromkeys(files, "hai"), **{name: data + b"\0" for name, data in files.items()}},
    }
    run(**archives)
    first = clean.OUTPUTS["lines"].read_bytes()
    table = pq.ParquetFile(clean.OUTPUTS["lines"])
    assert table.num_row_groups == 3
    # Of 64 lines drawn from two sources of 80, fewer than 16 of one would be a chance in a million.
    assert 16 < table.read_row_group(0)["source"].to_pylist().count("a") < 48
    run(**archives)
    assert clean.OUTPUTS["lines"].read_bytes() == first


def test_too_many_rejected(run):
    files = {"labels.json": {f"{n}.png": "Số 1" for n in range(4)}, "0.png": GOOD, "1.png": written(1)}
    run(set=files, max_rejected=0.5)
    for path in clean.OUTPUTS.values():
        path.unlink()
    with pytest.raises(NetchuError) as caught:
        run(set=files, max_rejected=0.49)
    assert str(caught.value) == (
        "50.0% of 4 lines are rejected (2 no_image), more than clean.max_rejected = 49.0%; "
        "read .netchu/rejected.csv, then mend the data or raise clean.max_rejected"
    )
    assert Path(".netchu/rejected.csv").read_text() == (
        "id,reason,detail\nset/2.png,no_image,Số 1\nset/3.png,no_image,Số 1\n"
    )
    assert not any(path.exists() for path in clean.OUTPUTS.values())
    assert list(Path("data/clean").iterdir()) == []


def test_no_good_line_is_an_error_whatever_the_limit(run):
    with pytest.raises(NetchuError, match=r"no good line of 1 \(1 undecodable\)"):
        run(set={"labels.json": {"1.png": "Số 1"}, "1.png": b"x"}, max_rejected=1.0)
    with pytest.raises(NetchuError, match="no good line of 0"):
        run(set={"labels.json": "{}"})


@pytest.mark.parametrize(
    ("data", "says"),
    [(None, "holds no zip archive"), (b"PK", "truncated or damaged"), (b"", "empty file")],
)
def test_raw_archives_that_somebody_damaged(run, data, says):
    if data is not None:
        Path("data/raw").mkdir(parents=True)
        Path("data/raw/set.zip").write_bytes(data)
    with pytest.raises(NetchuError, match=says):
        run()


IMAGES = [GOOD, written(1), written(2, (10, 10)), b"", b"x", encoded(Image.new("L", (200, 40), 255))]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(IMAGES), st.sampled_from(["", "Số 1", "số 1", "Å", None, 5])), max_size=8),
)
def test_what_is_kept_is_good_and_what_is_good_is_kept(run, lines):
    """Against the definition: a good image with one good text, under the first of its names."""
    lines = [*lines, (written(9), "Hà Nội")]
    texts = {
        image: {text for other, text in lines if other == image and isinstance(text, str) and text}
        for image, _ in lines
    }
    expected = {}
    for number, (image, text) in enumerate(lines):
        good = image in (*IMAGES[:2], written(9)) and texts[image] == {text} and text != "Å"
        if good and image not in expected.values():
            expected[f"set/{number}.png"] = image
    files = {f"{number}.png": image for number, (image, _) in enumerate(lines)}
    labels = {f"{number}.png": text for number, (_, text) in enumerate(lines)}
    kept, _, counts = run(set={"labels.json": labels, **files})
    assert {identity: row["image"] for identity, row in kept.items()} == expected
    assert counts["lines"] == len(lines)


@pytest.mark.skipif(not SHARED.exists(), reason="the real data is not here")
@pytest.mark.parametrize("name", ["cinnamon-train", "kalapa-80-writers"])
def test_real_lines_are_kept(tmp_path, monkeypatch, name):
    """Every twelfth, for speed."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / f"{name}.zip").symlink_to((SHARED / f"{name}.zip").resolve())
    monkeypatch.setattr(clean, "list_lines", lambda archive: (list_lines(archive)[0][::12], []))
    params = clean.Params(clean=clean.CleanParams(min_height=16, min_width=32, max_rejected=0.0))
    clean.run(params, {"raw": raw}, {key: tmp_path / path for key, path in clean.OUTPUTS.items()})
    assert len(results(tmp_path)[0]) > 150


def test_the_stage_starts_within_a_second():
    code = "import sys, stages.clean; print({'pandas', 'scipy', 'sklearn', 'tensorflow', 'pooch'} & set(sys.modules))"
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Of the processor: by the clock it depends on what else runs.
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert result.stdout.strip() == "set()"
    assert min(seconds) < 1
