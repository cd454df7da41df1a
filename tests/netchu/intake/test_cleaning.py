"""Tests of the checks of lines: every bad line is rejected with its reason, every good one kept."""

import contextlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from netchu.core.tables import CLEAN_COLUMNS
from netchu.intake import cleaning
from netchu.intake.archives import open_archive
from netchu.intake.cleaning import REASONS, CleanParams, clean_lines
from netchu.intake.labels import list_lines

SHARED = Path(__file__).parents[3] / "../shared/data"


def written(number: int, size=(200, 40), kind="PNG", mode="RGB") -> bytes:
    """Return a picture of pen strokes, different for each number."""
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
def clean(tmp_path):
    """Return a function that cleans archives {stem: {name: bytes}} and returns (kept rows by id, rejected rows)."""

    def clean(**contents):
        paths = []
        for stem, files in contents.items():
            paths.append(tmp_path / f"{stem}.zip")
            with zipfile.ZipFile(paths[-1], "w") as archive:
                for name, data in files.items():
                    archive.writestr(name, json.dumps(data) if isinstance(data, dict) else data)
        return clean_archives(paths)

    return clean


def clean_archives(paths: list[Path]) -> tuple[dict[str, dict], list[tuple[str, str, str]]]:
    rejected = []
    with contextlib.ExitStack() as stack:
        archives = {path.stem: stack.enter_context(open_archive(path)) for path in paths}
        rows = list(clean_lines(archives, CleanParams(min_height=16, min_width=32, max_rejected=1.0), rejected))
    kept = {row["id"]: row for row in rows}
    assert len(kept) == len(rows) and all(list(row) == CLEAN_COLUMNS.names for row in rows)
    assert {fault.reason for fault in rejected} <= set(REASONS)
    return kept, sorted(map(tuple, rejected))


GOOD = written(0)

BAD_IMAGES = {
    # name: (bytes of 1.png, reason for its rejection)
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
def test_rejects_bad_images(clean, image, reason):
    kept, rejected = clean(set={"labels.json": {"0.png": "Số 1", "1.png": "Số 1"}, "0.png": GOOD, "1.png": image})
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
def test_rejects_bad_texts(clean, text, reason, detail):
    kept, rejected = clean(
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
    "keeps the copy in the official test set": (
        {
            "a": {"labels.json": {"1.png": "Số 1"}, "1.png": GOOD},
            "b": {"Test/labels.json": {"2.png": "Số 1"}, "Test/writers.json": {"2.png": "12"}, "Test/2.png": GOOD},
        },
        ["b/Test/2.png"],
        [("a/1.png", "duplicate_image")],
    ),
    "prefers test lines to validation lines, and these to training lines": (
        {
            "a": {"t.csv": "file,text,subset\n1.png,Một,train\n2.png,Một,validation\n3.png,Một,test\n"}
            | dict.fromkeys(("1.png", "2.png", "3.png"), GOOD),
            "b": {"t.csv": "file,text,subset\n1.png,Hai,\n2.png,Hai,train\n3.png,Hai,validation\n"}
            | dict.fromkeys(("1.png", "2.png", "3.png"), written(1)),
        },
        ["a/3.png", "b/3.png"],
        [(f"{name}.png", "duplicate_image") for name in ("a/1", "a/2", "b/1", "b/2")],
    ),
    "prefers the test line with a known writer": (
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
    "texts that differ in Unicode form and white space only": (
        {"a": {"labels.json": {"1.png": "Số  1", "2.png": "Số 1 "}, "1.png": GOOD, "2.png": GOOD}},
        ["a/1.png"],
        [("a/2.png", "duplicate_image")],
    ),
    "an empty text contradicts no other text": (
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
def test_rejects_lines_that_contradict_or_repeat_each_other(clean, archives, ids, reasons):
    # One more good line, so that at least one is kept.
    kept, rejected = clean(z={"labels.json": {"1.png": "Hà Nội"}, "1.png": written(9)}, **archives)
    assert sorted(kept) == [*ids, "z/1.png"]
    assert [row[:2] for row in rejected] == reasons


def test_keeps_clean_text_and_the_unchanged_image(clean):
    photo = written(3, kind="JPEG")
    kept, rejected = clean(
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
    assert rejected == []


def test_keeps_writer_of_copy(clean):
    """Otherwise a network could be trained on other lines of this test line's writer."""
    kept, _ = clean(
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
def test_keeps_good_lines_of_every_image_format(clean, kind, mode):
    kept, _ = clean(set={"labels.json": {"1.png": "Số 1"}, "1.png": written(1, kind=kind, mode=mode)})
    assert list(kept) == ["set/1.png"]


IMAGES = [GOOD, written(1), written(2, (10, 10)), b"", b"x", encoded(Image.new("L", (200, 40), 255))]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(IMAGES), st.sampled_from(["", "Số 1", "số 1", "Å", None, 5])), max_size=8),
)
def test_keeps_exactly_the_good_lines(clean, lines):
    """Compare with the definition: a good image with one good text, under the first of its names."""
    lines = [*lines, (written(9), "Hà Nội")]
    texts = {
        image: {text for copy, text in lines if copy == image and isinstance(text, str) and text} for image, _ in lines
    }
    expected = {}
    for number, (image, text) in enumerate(lines):
        good = image in (*IMAGES[:2], written(9)) and texts[image] == {text} and text != "Å"
        if good and image not in expected.values():
            expected[f"set/{number}.png"] = image
    files = {f"{number}.png": image for number, (image, _) in enumerate(lines)}
    labels = {f"{number}.png": text for number, (_, text) in enumerate(lines)}
    kept, rejected = clean(set={"labels.json": labels, **files})
    assert {identity: row["image"] for identity, row in kept.items()} == expected
    assert len(kept) + len(rejected) == len(lines)


@pytest.mark.skipif(not SHARED.exists(), reason="the real data is not here")
@pytest.mark.parametrize("name", ["cinnamon-train", "kalapa-80-writers"])
def test_keeps_real_lines(monkeypatch, name):
    """Every twelfth line, to save time."""
    monkeypatch.setattr(cleaning, "list_lines", lambda archive, _: (list_lines(archive)[0][::12], []))
    kept, rejected = clean_archives([SHARED / f"{name}.zip"])
    assert len(kept) > 150 and rejected == []
