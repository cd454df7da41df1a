"""Saving corrected lines: processes may save at the same time and may be killed."""

import csv
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from netchu.core.charset import CHARSET, normalise
from netchu.core.errors import NetchuError
from netchu.teaching import corrections
from netchu.teaching.correction_archive import export_zip
from netchu.teaching.correction_table import Correction
from netchu.teaching.corrections import (
    change_text,
    check_text,
    count_lines,
    read_corrections,
    remove_line,
    save_lines,
)
from tests.netchu.teaching.corrected_lines import make_lines, make_picture, read_texts


def test_saves_lines_with_pictures_and_writer(folder):
    shapes = [(30, 80), (30, 80, 3), (30, 80, 4)]
    pictures = [make_picture(number, shape) for number, shape in enumerate(shapes)]
    assert save_lines(folder, list(zip(pictures, ("a", "b", "c"), strict=True)), " Lan ") == 3
    found = read_corrections(folder)
    assert [(line.text, line.writer) for line in found] == [("a", "Lan"), ("b", "Lan"), ("c", "Lan")]
    for line, expected in zip(found, pictures, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(folder / line.file)), expected)
    with (folder / "lines.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ["file", "text", "writer"]


def test_reads_missing_folder_as_empty(folder):
    assert read_corrections(folder) == [] and count_lines(folder) == 0
    with pytest.raises(NetchuError, match="no corrected lines yet"):
        export_zip(folder)
    assert not folder.exists()


def test_normalises_texts(folder):
    save_lines(folder, make_lines("So\u0302\u0301  9\tHa\u0300 Nội\n", 'a, "b"; c'))
    assert read_texts(folder) == ["Số 9 Hà Nội", 'a, "b"; c']


def test_maps_typographic_signs(folder):
    save_lines(folder, make_lines("“d’Arc” – …", "Số １", "\u00d0à Nẵng"))
    assert read_texts(folder) == ['"d\'Arc" - ...', "Số 1", "Đà Nẵng"]
    change_text(folder, read_corrections(folder)[0].file, "a—b")
    assert read_texts(folder)[0] == "a-b"


@pytest.mark.parametrize("text", ["", " \n", "\u200b"])
def test_rejects_line_without_text(folder, text):
    with pytest.raises(NetchuError, match="without text"):
        save_lines(folder, make_lines("good", text))
    assert not folder.exists()


def test_names_unknown_characters(folder):
    with pytest.raises(NetchuError, match="does not know € 漢"):
        save_lines(folder, make_lines("5 € 漢"))


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8)])
def test_rejects_array_that_is_not_an_image(folder, image):
    with pytest.raises(NetchuError, match="not an image"):
        save_lines(folder, [(image, "a")])


def test_replaces_text_of_same_picture(folder):
    assert save_lines(folder, make_lines("one", "two")) == 2
    before = {path.name: path.stat().st_ino for path in folder.glob("*.png")}
    assert save_lines(folder, make_lines("one", "deux", "three")) == 1
    assert read_texts(folder) == ["one", "deux", "three"]
    save_lines(folder, make_lines("one", "dos"))
    earlier = (folder / ".earlier.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in earlier] == ["text", "two", "deux"]
    assert all((folder / name).stat().st_ino == inode for name, inode in before.items())


def test_distinguishes_pictures_by_shape(folder):
    blank = np.full((20, 60), 200, np.uint8)
    assert save_lines(folder, [(blank, "a"), (blank.reshape(60, 20), "b"), (blank.reshape(20, 20, 3), "c")]) == 3


def test_changes_text_and_removes_line(folder):
    save_lines(folder, make_lines("one", "two", "three"))
    first, second, _ = (line.file for line in read_corrections(folder))
    change_text(folder, first, " uno ")
    remove_line(folder, second)
    remove_line(folder, second)
    change_text(folder, second, "gone")
    assert read_texts(folder) == ["uno", "three"] and not (folder / second).exists()
    with pytest.raises(NetchuError, match="without text"):
        change_text(folder, first, "")


def test_omits_deleted_picture_until_saved_again(folder):
    save_lines(folder, make_lines("one", "two"))
    (folder / read_corrections(folder)[0].file).unlink()
    assert read_texts(folder) == ["two"]
    assert save_lines(folder, make_lines("one")) == 0
    assert read_texts(folder) == ["one", "two"]


def test_keeps_removed_line_in_hidden_table(folder):
    save_lines(folder, make_lines("one", 'kho "A"'), "Lan")
    removed = read_corrections(folder)[1]
    remove_line(folder, removed.file)
    with (folder / ".earlier.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["file", "text", "writer"], list(removed)]


def test_keeps_pictures_of_lost_table(folder):
    save_lines(folder, make_lines("one", "two", "three"))
    pictures = {path.name: path.read_bytes() for path in folder.glob("*.png")}
    (folder / "lines.csv").rename(folder.parent / "moved.csv")
    (folder / f".{'0' * 24}.png").write_bytes(b"of a process that was killed")
    save_lines(folder, make_lines("four", first=9))
    assert read_texts(folder) == ["four"] and not list(folder.glob(".*.png"))
    assert {name: (folder / name).read_bytes() for name in pictures} == pictures
    # When the table is back, so are its lines.
    (folder.parent / "moved.csv").rename(folder / "lines.csv")
    assert read_texts(folder) == ["one", "two", "three"]


def test_rewrites_picture_without_row(folder):
    """A power cut may have damaged it."""
    save_lines(folder, make_lines("one"))
    [path] = folder.glob("*.png")
    content = path.read_bytes()
    path.write_bytes(b"")
    (folder / "lines.csv").unlink()
    save_lines(folder, make_lines("one"))
    assert path.read_bytes() == content


_KNOWN = st.text(CHARSET + "\t", min_size=1, max_size=20).filter(normalise)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 4), _KNOWN), min_size=1, max_size=8))
def test_reads_saved_lines(changes, tmp_path_factory):
    folder, expected = tmp_path_factory.mktemp("saved"), {}
    for number, text in changes:
        save_lines(folder, [(make_picture(number, (4, 6)), text)])
        expected[number] = check_text(text)
    assert read_texts(folder) == list(expected.values())


def _save_some(folder: Path, first: int) -> None:
    for number in range(first, first + 10):
        save_lines(folder, [(make_picture(number), f"line {number}")])


def test_saves_from_several_processes_at_once(folder, monkeypatch):
    monkeypatch.setattr(corrections, "_LOCK_TIMEOUT", 1200)  # for a slow and busy machine
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_save_some, args=(folder, first)) for first in (0, 100, 200)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert sorted(read_texts(folder)) == sorted(f"line {first + n}" for first in (0, 100, 200) for n in range(10))


KILLED_PROGRAM = """
import os, sys
from pathlib import Path
import numpy as np
from netchu.teaching import corrections
count = int(sys.argv[2])
def exit_at_count(function):
    def call(*arguments, **options):
        global count
        count -= 1
        if count < 0:
            os._exit(9)
        return function(*arguments, **options)
    return call
Path.write_bytes, Path.replace, os.fsync = map(exit_at_count, (Path.write_bytes, Path.replace, os.fsync))
pictures = [np.random.default_rng(n).integers(0, 256, (40, 200, 3), np.uint8) for n in range(4)]
corrections.save_lines(Path(sys.argv[1]), [(picture, f"new {n}") for n, picture in enumerate(pictures)])
"""


def test_survives_kill_at_any_moment(folder, tmp_path):
    """Killed before the first, second, ... change on disk, the folder has the old lines or all the new ones."""
    old, new = ["new 0", "old"], ["new 0", "new 1", "new 2", "new 3"]
    finished = False
    for moment in range(12):
        folder = tmp_path / str(moment)
        save_lines(folder, make_lines("new 0", "old"))
        done = subprocess.run(
            [sys.executable, "-c", KILLED_PROGRAM, str(folder), str(moment)], cwd=Path(__file__).parents[3]
        )
        assert done.returncode in (0, 9)
        assert read_texts(folder) == (old if done.returncode else new)
        assert export_zip(folder)
        save_lines(folder, make_lines("new 0", "new 1", "new 2", "new 3"))
        assert read_texts(folder) == new and len(list(folder.glob("*.png"))) == 4
        assert not list(folder.glob(".*.png"))
        finished = finished or done.returncode == 0
    assert finished


def test_rejects_folder_with_other_files(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(NetchuError, match="holds other files"):
        save_lines(tmp_path, make_lines("a"))
    with pytest.raises(NetchuError, match="holds other files"):
        read_corrections(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_rejects_file_as_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    for action in (lambda path: save_lines(path, make_lines("a")), read_corrections):
        with pytest.raises(NetchuError, match="a file, not a folder"):
            action(tmp_path / "file")
    with pytest.raises(NetchuError, match=r"cannot be (saved|read)"):
        save_lines(tmp_path / "file" / "below", make_lines("a"))


def test_rejects_folder_that_cannot_be_written(folder, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # the tests may run as root, who may write anywhere
    with pytest.raises(NetchuError, match="lines cannot be saved there"):
        save_lines(folder, make_lines("a"))


def test_keeps_old_lines_on_full_disk(folder, monkeypatch):
    save_lines(folder, make_lines("old"))

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(NetchuError, match="No space left"):
            save_lines(folder, make_lines("new", first=3))
    assert read_texts(folder) == ["old"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "line 1: not a table of corrected lines"),
        ("name,age\n", "line 1: not a table of corrected lines"),
        ("file,text,writer\na.png,x\n", "line 2: expected a file"),
        ("file,text,writer\n../a.png,x,\n", "line 2: expected a file"),
        ("file,text,writer\na.png,x,\na.png,y,\n", "line 3: expected a file"),
        ('file,text,writer\na.png,"x\n', "line 2: "),
        (b"file,text,writer\na.png,\xff,\n", "not UTF-8"),
    ],
)
def test_rejects_and_keeps_damaged_table(tmp_path, table, message):
    content = table if isinstance(table, bytes) else table.encode()
    (tmp_path / "lines.csv").write_bytes(content)
    for action in (lambda path: save_lines(path, make_lines("a")), read_corrections, export_zip):
        with pytest.raises(NetchuError, match=message):
            action(tmp_path)
    assert (tmp_path / "lines.csv").read_bytes() == content


def test_reads_table_saved_by_spreadsheet(folder):
    save_lines(folder, make_lines("Số 1"))
    table = folder / "lines.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert read_texts(folder) == ["Số 1"]
    assert read_corrections(folder)[0] == Correction(next(folder.glob("*.png")).name, "Số 1", "")
