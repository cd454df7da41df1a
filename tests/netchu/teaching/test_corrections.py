"""Corrected lines as a data set: what is saved is there, whole, whoever else saves and whatever is killed."""

import csv
import io
import multiprocessing
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from netchu.core.charset import CHARSET, normalise
from netchu.core.errors import NetchuError
from netchu.intake.archives import open_archive, pack_folder
from netchu.intake.labels import list_lines
from netchu.teaching.corrections import (
    Correction,
    change_text,
    check_text,
    count_lines,
    export_zip,
    import_archive,
    read_corrections,
    remove_line,
    save_lines,
)


def picture(number: int, shape: tuple[int, ...] = (40, 200, 3)) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, shape, np.uint8)


def png(number: int) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(picture(number)).save(packed, "png")
    return packed.getvalue()


def lines(*texts: str, first: int = 0) -> list[tuple[np.ndarray, str]]:
    return [(picture(first + number), text) for number, text in enumerate(texts)]


def texts(folder: Path) -> list[str]:
    return [line.text for line in read_corrections(folder)]


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "lines"


def test_saved_lines_are_there_with_their_pictures_and_writer(folder):
    shapes = [(30, 80), (30, 80, 3), (30, 80, 4)]
    pictures = [picture(number, shape) for number, shape in enumerate(shapes)]
    assert save_lines(folder, list(zip(pictures, ("a", "b", "c"), strict=True)), " Lan ") == 3
    found = read_corrections(folder)
    assert [(line.text, line.writer) for line in found] == [("a", "Lan"), ("b", "Lan"), ("c", "Lan")]
    for line, expected in zip(found, pictures, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(folder / line.file)), expected)
    with (folder / "lines.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == ["file", "text", "writer"]


def test_nothing_there_yet(folder):
    assert read_corrections(folder) == [] and count_lines(folder) == 0
    with pytest.raises(NetchuError, match="no corrected lines yet"):
        export_zip(folder)
    assert not folder.exists()


def test_texts_are_brought_into_the_pipelines_form(folder):
    save_lines(folder, lines("So\u0302\u0301  9\tHa\u0300 Nội\n", 'a, "b"; c'))
    assert texts(folder) == ["Số 9 Hà Nội", 'a, "b"; c']


@pytest.mark.parametrize("text", ["", " \n", "\u200b"])
def test_a_line_without_text_is_refused_and_nothing_saved(folder, text):
    with pytest.raises(NetchuError, match="without text"):
        save_lines(folder, lines("good", text))
    assert not folder.exists()


def test_unknown_characters_are_named(folder):
    with pytest.raises(NetchuError, match="does not know € 漢"):
        save_lines(folder, lines("5 € 漢"))


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8)])
def test_what_is_no_picture_is_refused(folder, image):
    with pytest.raises(NetchuError, match="no image to save"):
        save_lines(folder, [(image, "a")])


def test_the_same_picture_is_the_same_line_and_its_older_text_is_kept_aside(folder):
    assert save_lines(folder, lines("one", "two")) == 2
    before = {path.name: path.stat().st_ino for path in folder.glob("*.png")}
    assert save_lines(folder, lines("one", "deux", "three")) == 1
    assert texts(folder) == ["one", "deux", "three"]
    save_lines(folder, lines("one", "dos"))
    earlier = (folder / ".earlier.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in earlier] == ["text", "two", "deux"]
    assert all((folder / name).stat().st_ino == inode for name, inode in before.items())


def test_pictures_of_one_size_in_bytes_but_not_in_shape_differ(folder):
    blank = np.full((20, 60), 200, np.uint8)
    assert save_lines(folder, [(blank, "a"), (blank.reshape(60, 20), "b"), (blank.reshape(20, 20, 3), "c")]) == 3


def test_a_text_is_changed_and_a_line_removed(folder):
    save_lines(folder, lines("one", "two", "three"))
    first, second, _ = (line.file for line in read_corrections(folder))
    change_text(folder, first, " uno ")
    remove_line(folder, second)
    remove_line(folder, second)
    change_text(folder, second, "gone")
    assert texts(folder) == ["uno", "three"] and not (folder / second).exists()
    with pytest.raises(NetchuError, match="without text"):
        change_text(folder, first, "")


def test_a_deleted_picture_is_left_out_and_comes_back_when_saved_again(folder):
    save_lines(folder, lines("one", "two"))
    (folder / read_corrections(folder)[0].file).unlink()
    assert texts(folder) == ["two"]
    assert save_lines(folder, lines("one")) == 0
    assert texts(folder) == ["one", "two"]


def test_what_is_removed_is_kept_in_the_hidden_table(folder):
    save_lines(folder, lines("one", 'kho "A"'), "Lan")
    removed = read_corrections(folder)[1]
    remove_line(folder, removed.file)
    with (folder / ".earlier.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["file", "text", "writer"], list(removed)]


def test_pictures_outlast_a_lost_table(folder):
    save_lines(folder, lines("one", "two", "three"))
    pictures = {path.name: path.read_bytes() for path in folder.glob("*.png")}
    (folder / "lines.csv").rename(folder.parent / "moved.csv")
    (folder / f".{'0' * 24}.png").write_bytes(b"of a process that was killed")
    save_lines(folder, lines("four", first=9))
    assert texts(folder) == ["four"] and not list(folder.glob(".*.png"))
    assert {name: (folder / name).read_bytes() for name in pictures} == pictures
    # Once the table is back, so are its lines.
    (folder.parent / "moved.csv").rename(folder / "lines.csv")
    assert texts(folder) == ["one", "two", "three"]


def test_a_picture_that_the_table_does_not_know_is_written_anew(folder):
    """It may be what a power cut left of it."""
    save_lines(folder, lines("one"))
    [path] = folder.glob("*.png")
    content = path.read_bytes()
    path.write_bytes(b"")
    (folder / "lines.csv").unlink()
    save_lines(folder, lines("one"))
    assert path.read_bytes() == content


def pipeline_reads(path: Path) -> list[tuple[str, str, str | None]]:
    with open_archive(path) as archive:
        labels, faults = list_lines(archive)
    assert not faults
    return sorted((Path(label.path).name, label.text, label.writer) for label in labels)


def test_the_pipeline_reads_the_folder_and_the_zip(folder, tmp_path):
    save_lines(folder, lines("Số 9, Đường Láng", 'kho "A"', first=0), "Lan")
    save_lines(folder, lines("không rõ", first=5))
    change_text(folder, read_corrections(folder)[1].file, 'kho "B"')
    expected = sorted((line.file, line.text, line.writer or None) for line in read_corrections(folder))
    pack_folder(folder, tmp_path / "packed.zip")
    (tmp_path / "exported.zip").write_bytes(export_zip(folder))
    for name in ("packed", "exported"):
        found = pipeline_reads(tmp_path / f"{name}.zip")
        assert found == [(file, text, writer and f"{name}/{writer}") for file, text, writer in expected]
    (tmp_path / "nameless.zip").write_bytes(export_zip(folder, writers=False))
    assert {writer for _, _, writer in pipeline_reads(tmp_path / "nameless.zip")} == {None}


def test_the_zip_depends_on_the_lines_alone(folder, tmp_path):
    save_lines(folder, lines("one", "two", "three"))
    other = tmp_path / "other"
    for line in reversed(lines("one", "two", "three")):
        save_lines(other, [line])
    assert export_zip(folder) == export_zip(other)
    with zipfile.ZipFile(tmp_path / "x.zip", "w"):
        pass
    save_lines(other, lines("eins"))
    assert export_zip(folder) != export_zip(other)


_KNOWN = st.text(CHARSET + "\t", min_size=1, max_size=20).filter(normalise)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 4), _KNOWN), min_size=1, max_size=8))
def test_whatever_is_saved_in_whatever_order_is_what_is_read(changes, tmp_path_factory):
    folder, expected = tmp_path_factory.mktemp("law"), {}
    for number, text in changes:
        save_lines(folder, [(picture(number, (4, 6)), text)])
        expected[number] = check_text(text)
    assert texts(folder) == list(expected.values())


def _save_some(folder: Path, first: int) -> None:
    for number in range(first, first + 10):
        save_lines(folder, [(picture(number), f"line {number}")])


def test_two_processes_at_once_lose_nothing(folder):
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=_save_some, args=(folder, first)) for first in (0, 100, 200)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert sorted(texts(folder)) == sorted(f"line {first + n}" for first in (0, 100, 200) for n in range(10))


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from netchu.teaching import corrections
count = int(sys.argv[2])
def dies(function):
    def call(*arguments, **options):
        global count
        count -= 1
        if count < 0:
            os._exit(9)
        return function(*arguments, **options)
    return call
Path.write_bytes, Path.replace, os.fsync = map(dies, (Path.write_bytes, Path.replace, os.fsync))
pictures = [np.random.default_rng(n).integers(0, 256, (40, 200, 3), np.uint8) for n in range(4)]
corrections.save_lines(Path(sys.argv[1]), [(picture, f"new {n}") for n, picture in enumerate(pictures)])
"""


def test_a_kill_at_any_moment_leaves_a_valid_data_set(folder, tmp_path):
    """Killed before the first, second, ... change of the disk: the old lines or all the new ones, never between."""
    old, new = ["new 0", "old"], ["new 0", "new 1", "new 2", "new 3"]
    finished = False
    for moment in range(12):
        folder = tmp_path / str(moment)
        save_lines(folder, lines("new 0", "old"))
        done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(moment)], cwd=Path(__file__).parents[3])
        assert done.returncode in (0, 9)
        assert texts(folder) == (old if done.returncode else new)
        assert export_zip(folder)
        save_lines(folder, lines("new 0", "new 1", "new 2", "new 3"))
        assert texts(folder) == new and len(list(folder.glob("*.png"))) == 4
        assert not list(folder.glob(".*.png"))
        finished = finished or done.returncode == 0
    assert finished


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(NetchuError, match="holds other files"):
        save_lines(tmp_path, lines("a"))
    with pytest.raises(NetchuError, match="holds other files"):
        read_corrections(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    for action in (lambda path: save_lines(path, lines("a")), read_corrections):
        with pytest.raises(NetchuError, match="a file, not a folder"):
            action(tmp_path / "file")
    with pytest.raises(NetchuError, match=r"cannot be (saved|read)"):
        save_lines(tmp_path / "file" / "below", lines("a"))


def test_a_folder_that_may_not_be_written(folder, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # the tests may run as root, who may write anywhere
    with pytest.raises(NetchuError, match="lines cannot be saved there"):
        save_lines(folder, lines("a"))


def test_a_full_disk_leaves_the_old_lines(folder, monkeypatch):
    save_lines(folder, lines("old"))

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(NetchuError, match="No space left"):
            save_lines(folder, lines("new", first=3))
    assert texts(folder) == ["old"]


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
def test_a_damaged_table_is_named_and_kept(tmp_path, table, message):
    content = table if isinstance(table, bytes) else table.encode()
    (tmp_path / "lines.csv").write_bytes(content)
    for action in (lambda path: save_lines(path, lines("a")), read_corrections, export_zip):
        with pytest.raises(NetchuError, match=message):
            action(tmp_path)
    assert (tmp_path / "lines.csv").read_bytes() == content


def test_a_table_that_a_spreadsheet_saved_is_read(folder):
    save_lines(folder, lines("Số 1"))
    table = folder / "lines.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert texts(folder) == ["Số 1"]
    assert read_corrections(folder)[0] == Correction(next(folder.glob("*.png")).name, "Số 1", "")


def test_an_export_is_imported_again_and_so_is_any_archive_that_the_pipeline_reads(folder, tmp_path):
    save_lines(folder, lines("Số 9", "Số 10"), "Lan")
    save_lines(folder, lines("Số 11", first=5))
    (tmp_path / "export.zip").write_bytes(export_zip(folder))
    other = tmp_path / "other"
    assert import_archive(other, tmp_path / "export.zip") == 3
    assert sorted(read_corrections(other)) == sorted(read_corrections(folder))
    assert import_archive(other, tmp_path / "export.zip") == 0
    with zipfile.ZipFile(tmp_path / "cinnamon.zip", "w") as archive:
        archive.write(folder / read_corrections(folder)[0].file, "a/1.png")
        archive.writestr("a/labels.json", '{"1.png": "Số 12"}')
    assert import_archive(tmp_path / "third", tmp_path / "cinnamon.zip") == 1
    assert texts(tmp_path / "third") == ["Số 12"]


def test_an_import_only_adds(folder, tmp_path):
    save_lines(folder, lines("one", "two", "three"))
    (tmp_path / "old.zip").write_bytes(export_zip(folder))
    save_lines(folder, lines("uno"), "Lan")
    mended, lost, removed = (line.file for line in read_corrections(folder))
    change_text(folder, lost, "dos")
    (folder / lost).unlink()
    remove_line(folder, removed)
    assert import_archive(folder, tmp_path / "old.zip") == 1
    assert read_corrections(folder) == [
        Correction(mended, "uno", "Lan"),
        Correction(lost, "dos", ""),  # whose picture is back
        Correction(removed, "three", ""),
    ]


def test_an_import_is_whole_or_not_at_all(folder, tmp_path, monkeypatch):
    """Also where the lines are of two writers, and the disk is full after those of the first."""
    source, fsync, calls = tmp_path / "source", os.fsync, []
    save_lines(source, lines("a"), "An")
    save_lines(source, lines("b", first=1), "Bình")
    (tmp_path / "two.zip").write_bytes(export_zip(source))

    def soon_full(number):
        calls.append(number)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        fsync(number)

    monkeypatch.setattr(os, "fsync", soon_full)
    assert import_archive(folder, tmp_path / "two.zip") == 2
    assert sorted((line.text, line.writer) for line in read_corrections(folder)) == [("a", "An"), ("b", "Bình")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.png": b"x", "lines.csv": b"file,text\na.png,b\n"}, r"a\.png: not an image"),
        ({"d/a.png": png(1), "d/lines.csv": b"file,text\na.png,5 \xe2\x82\xac\n"}, r"d/a\.png: .*does not know €"),
        ({"a.png": png(1), "lines.csv": b"file,text\na.png, \n"}, r"a\.png: a line without text"),
        ({"lines.csv": b"file,text\na.png,b\n"}, "holds no labelled line"),
        ({"a.png": b"x"}, "no labels found"),
    ],
)
def test_an_archive_that_holds_no_lines_is_refused(folder, tmp_path, files, message):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(NetchuError, match=message):
        import_archive(folder, tmp_path / "bad.zip")
    assert not folder.exists()
