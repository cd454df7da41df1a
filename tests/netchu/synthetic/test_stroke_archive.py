import csv
import io
import json
import zipfile

import pytest

from netchu.core.errors import NetchuError
from netchu.intake.archives import open_archive
from netchu.intake.labels import list_lines
from netchu.pictures.images import decode_image
from netchu.synthetic.stroke_archive import StrokeParams, write_stroke_archive
from tests.netchu.synthetic.test_stroke_drawing import write_word


def deltas(stroke):
    rounded = stroke.round().astype(int)
    steps = rounded[1:] - rounded[:-1]
    return [*rounded[0].tolist(), *steps.ravel().tolist()]


STROKES = [deltas(stroke) for stroke in write_word(repeats=2)]
LINES = [
    {"id": "a_1", "writer": "w1", "split": "train", "text": "nom nom", "strokes": STROKES},
    {"id": "a_2", "writer": "w1", "text": 'nom, "nom"', "strokes": STROKES},
    {"id": "a_3", "writer": "w2", "split": "val", "text": "nom nom", "strokes": STROKES},
    {"id": "a_4", "writer": "w3", "split": "test", "text": "nom nom", "strokes": STROKES},
    {"id": "a_5", "text": "broken", "strokes": [[1]]},
    {"id": "a_6", "text": "far apart", "strokes": [*STROKES, [0, 10**6]]},
]


def render(tmp_path, lines=LINES, name="lines", **params):
    path = tmp_path / f"{name}.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    images = write_stroke_archive(path, tmp_path / f"{name}.zip", StrokeParams(**{"seed": 1, "renderings": 3} | params))
    return images, tmp_path / f"{name}.zip"


def test_writes_archive_with_writers_subsets_and_faults(tmp_path):
    images, path = render(tmp_path)
    with open_archive(path) as archive:
        labels, faults = list_lines(archive)
        pictures = {archive.read(label.path) for label in labels}
        assert all(decode_image(picture).shape[2] == 3 for picture in pictures)
    assert images == len(labels) == len(pictures) == 3 + 3 + 1 + 1
    found = {(label.id, label.writer, label.subset, label.text) for label in labels}
    assert ("lines/images/a_1-2.jpg", "lines/w1", "train", "nom nom") in found
    assert ("lines/images/a_2-0.jpg", "lines/w1", None, 'nom, "nom"') in found
    assert ("lines/images/a_3-0.jpg", "lines/w2", "validation", "nom nom") in found
    assert ("lines/images/a_4-0.jpg", "lines/w3", "test", "nom nom") in found
    assert [fault[:2] for fault in faults] == [
        ("lines/images/a_5", "malformed_label"),
        ("lines/images/a_6", "malformed_label"),
    ]
    assert faults[0].detail == "line 5: stroke 1: expected [x, y, dx, dy, ...], numbers in pairs"
    assert faults[1].detail.startswith("not one line: ")


def test_writes_equal_bytes_for_equal_parameters(tmp_path):
    first, again, other = (render(tmp_path, name=name, seed=seed)[1] for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_draws_image_independently_of_other_lines_and_renderings(tmp_path):
    with zipfile.ZipFile(render(tmp_path)[1]) as many, zipfile.ZipFile(render(tmp_path, LINES[1:2], "b")[1]) as few:
        assert many.read("images/a_2-1.jpg") == few.read("images/a_2-1.jpg")
    with zipfile.ZipFile(render(tmp_path, LINES[1:2], "c", renderings=2)[1]) as fewer:
        table = list(csv.DictReader(io.StringIO(fewer.read("lines.csv").decode())))
        assert [row["file"] for row in table] == ["images/a_2-0.jpg", "images/a_2-1.jpg"]
        assert many.filename != fewer.filename


def test_rejects_file_without_good_line(tmp_path):
    with pytest.raises(NetchuError, match=r"lines\.jsonl: no good line of 1; line 1: stroke 1: expected"):
        render(tmp_path, LINES[4:5])
    assert not (tmp_path / "lines.zip").exists()
