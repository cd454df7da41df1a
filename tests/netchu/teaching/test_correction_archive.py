import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from netchu.core.errors import NetchuError
from netchu.intake.archives import open_archive, pack_folder
from netchu.intake.labels import list_lines
from netchu.teaching.correction_archive import export_zip, import_archive
from netchu.teaching.correction_table import Correction
from netchu.teaching.corrections import change_text, read_corrections, remove_line, save_lines
from tests.netchu.intake.test_gathering import write_zip
from tests.netchu.intake.test_page_archives import PICTURE, format_line, format_page
from tests.netchu.teaching.corrected_lines import make_lines, make_picture, read_texts


def encode_png(number: int) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(make_picture(number)).save(packed, "png")
    return packed.getvalue()


def read_with_pipeline(path: Path) -> list[tuple[str, str, str | None]]:
    with open_archive(path) as archive:
        labels, faults = list_lines(archive)
    assert not faults
    return sorted((Path(label.path).name, label.text, label.writer) for label in labels)


def test_writes_folder_and_zip_for_pipeline(folder, tmp_path):
    save_lines(folder, make_lines("Số 9, Đường Láng", 'kho "A"', first=0), "Lan")
    save_lines(folder, make_lines("không rõ", first=5))
    change_text(folder, read_corrections(folder)[1].file, 'kho "B"')
    expected = sorted((line.file, line.text, line.writer or None) for line in read_corrections(folder))
    pack_folder(folder, tmp_path / "packed.zip")
    (tmp_path / "exported.zip").write_bytes(export_zip(folder))
    for name in ("packed", "exported"):
        found = read_with_pipeline(tmp_path / f"{name}.zip")
        assert found == [(file, text, writer and f"{name}/{writer}") for file, text, writer in expected]
    (tmp_path / "without_writers.zip").write_bytes(export_zip(folder, writers=False))
    assert {writer for _, _, writer in read_with_pipeline(tmp_path / "without_writers.zip")} == {None}


def test_exports_equal_bytes_for_equal_lines(folder, tmp_path):
    save_lines(folder, make_lines("one", "two", "three"))
    other = tmp_path / "other"
    for line in reversed(make_lines("one", "two", "three")):
        save_lines(other, [line])
    assert export_zip(folder) == export_zip(other)
    with zipfile.ZipFile(tmp_path / "x.zip", "w"):
        pass
    save_lines(other, make_lines("eins"))
    assert export_zip(folder) != export_zip(other)


def test_counts_imported_texts_with_typographic_signs(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "lines.zip", "w") as archive:
        archive.writestr("t.csv", "file,text\n1.png,“Số 1” – a\n2.png,Số 2\n")
        for number in (1, 2):
            archive.writestr(f"{number}.png", encode_png(number))
    mapped: list[str] = []
    assert import_archive(folder, tmp_path / "lines.zip", mapped) == 2
    assert mapped == ["“Số 1” – a"] and read_texts(folder) == ['"Số 1" - a', "Số 2"]


def test_imports_exported_and_other_archives(folder, tmp_path):
    save_lines(folder, make_lines("Số 9", "Số 10"), "Lan")
    save_lines(folder, make_lines("Số 11", first=5))
    (tmp_path / "export.zip").write_bytes(export_zip(folder))
    other = tmp_path / "other"
    assert import_archive(other, tmp_path / "export.zip") == 3
    assert sorted(read_corrections(other)) == sorted(read_corrections(folder))
    assert import_archive(other, tmp_path / "export.zip") == 0
    with zipfile.ZipFile(tmp_path / "cinnamon.zip", "w") as archive:
        archive.write(folder / read_corrections(folder)[0].file, "a/1.png")
        archive.writestr("a/labels.json", '{"1.png": "Số 12"}')
    assert import_archive(tmp_path / "third", tmp_path / "cinnamon.zip") == 1
    assert read_texts(tmp_path / "third") == ["Số 12"]


def test_imports_the_transcribed_lines_of_pages(folder, tmp_path):
    page = format_page(format_line(0, "Ấp 8"), format_line(1, " "), format_line(2, "Xã 9"))
    path = write_zip(tmp_path / "book.zip", {"p.png": PICTURE, "page/p.xml": page})
    before = path.read_bytes()
    assert import_archive(folder, path) == 2
    assert read_texts(folder) == ["Ấp 8", "Xã 9"] and path.read_bytes() == before


def test_names_the_archive_in_errors(folder, tmp_path):
    (tmp_path / "book.zip").write_bytes(b"PK")
    with pytest.raises(NetchuError, match=f"^{tmp_path}/book.zip: truncated"):
        import_archive(folder, tmp_path / "book.zip")


def test_adds_lines_without_changing_others(folder, tmp_path):
    save_lines(folder, make_lines("one", "two", "three"))
    (tmp_path / "old.zip").write_bytes(export_zip(folder))
    save_lines(folder, make_lines("uno"), "Lan")
    corrected, lost, removed = (line.file for line in read_corrections(folder))
    change_text(folder, lost, "dos")
    (folder / lost).unlink()
    remove_line(folder, removed)
    assert import_archive(folder, tmp_path / "old.zip") == 1
    assert read_corrections(folder) == [
        Correction(corrected, "uno", "Lan"),
        Correction(lost, "dos", ""),  # with its picture again
        Correction(removed, "three", ""),
    ]


def test_imports_all_lines_in_one_step(folder, tmp_path, monkeypatch):
    """The lines of two writers are not saved one after the other: the disk is full after the first file."""
    source, fsync, calls = tmp_path / "source", os.fsync, []
    save_lines(source, make_lines("a"), "An")
    save_lines(source, make_lines("b", first=1), "Bình")
    (tmp_path / "two.zip").write_bytes(export_zip(source))

    def fail_second_time(number):
        calls.append(number)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        fsync(number)

    monkeypatch.setattr(os, "fsync", fail_second_time)
    assert import_archive(folder, tmp_path / "two.zip") == 2
    assert sorted((line.text, line.writer) for line in read_corrections(folder)) == [("a", "An"), ("b", "Bình")]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.png": b"x", "lines.csv": b"file,text\na.png,b\n"}, r"a\.png: not an image"),
        (
            {"d/a.png": encode_png(1), "d/lines.csv": b"file,text\na.png,5 \xe2\x82\xac\n"},
            r"d/a\.png: .*does not know €",
        ),
        ({"a.png": encode_png(1), "lines.csv": b"file,text\na.png, \n"}, r"a\.png: a line without text"),
        ({"lines.csv": b"file,text\na.png,b\n"}, "holds no image with a label"),
        ({"a.png": b"x"}, "no labels found"),
    ],
)
def test_rejects_archive_without_usable_lines(folder, tmp_path, files, message):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(NetchuError, match=message):
        import_archive(folder, tmp_path / "bad.zip")
    assert not folder.exists()
