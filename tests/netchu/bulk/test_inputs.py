"""Tests of the list of files of a bulk run: its order, globs, and the columns of Parquet files."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netchu.bulk.inputs import contains, list_files, locate_input
from netchu.bulk.output_files import COLUMNS, PLAN_COLUMNS
from netchu.core.errors import NetchuError


@pytest.fixture
def folder(tmp_path):
    for name in ("b/2.png", "b/.hidden.png", "b/deep/3.JPG", "a.png", "c.txt", "z.tif", "b/photo.cr2"):
        path = tmp_path / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "scans"


def list_paths(address) -> list[str]:
    return [file.path for file in list_files(locate_input(str(address)))]


def write_table(path, **columns) -> None:
    pq.write_table(pa.table(columns), path)


def test_lists_images_of_a_folder_sorted_at_each_depth(folder):
    assert list_paths(folder) == ["a.png", "b/2.png", "b/deep/3.JPG", "b/photo.cr2", "z.tif"]
    assert list_paths(f"{folder}/") == list_paths(folder) == list_paths(folder.as_uri())
    assert [file.size for file in list_files(locate_input(str(folder)))][:2] == [5, 7]


def test_visits_no_folder_twice(folder):
    (folder / "b" / "loop").symlink_to(folder)
    assert len(list_paths(folder)) == 5


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", ["a.png", "c.txt", "z.tif"]),
        ("*/*", ["b/2.png", "b/photo.cr2"]),
        ("[ab].*", ["a.png"]),
        ("?/2.png", ["b/2.png"]),
        ("b/*.png", ["2.png"]),
        ("**/*.png", ["a.png", "b/2.png"]),
        ("b/**/*.JPG", ["deep/3.JPG"]),
        ("b/.*", [".hidden.png"]),
        ("a.png", ["a.png"]),
    ],
)
def test_lists_files_of_a_glob(folder, pattern, found, monkeypatch):
    assert list_paths(f"{folder}/{pattern}") == found
    monkeypatch.chdir(folder)
    assert list_paths(pattern) == found


def test_prefers_existing_name_to_a_glob(folder):
    (folder / "[1].png").touch()
    (folder / "1.png").touch()
    assert list_paths(f"{folder}/[1].png") == ["[1].png"]


@pytest.mark.parametrize("pattern", ["no", "no/*", "*.gif", "**", "**/b/**/x"])
def test_rejects_input_without_files(folder, pattern):
    with pytest.raises(NetchuError) as caught:
        list_paths(f"{folder}/{pattern}")
    assert "\n" not in str(caught.value)


def test_counts_rows_of_parquet_files(tmp_path):
    write_table(tmp_path / "b.parquet", image=[b"x", b"y"], id=[1, 2])
    write_table(tmp_path / "a.parquet", image=[{"bytes": b"x", "path": "1.png"}])
    assert [(file.path, file.images) for file in list_files(locate_input(str(tmp_path)))] == [
        ("a.parquet", 1),
        ("b.parquet", 2),
    ]


def test_rejects_parquet_without_images(tmp_path, folder):
    write_table(tmp_path / "a.parquet", picture=[b"x"])
    with pytest.raises(NetchuError, match=r"no column 'image' of type binary .*; its columns: picture: binary$"):
        list_paths(tmp_path / "a.parquet")
    write_table(tmp_path / "a.parquet", id=[1], image=["text"])
    with pytest.raises(NetchuError, match=r"its columns: id: int64, image: string$"):
        list_paths(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(NetchuError, match=r"a.parquet: not a readable Parquet file"):
        list_paths(tmp_path / "a.parquet")
    write_table(folder / "a.parquet", image=[b"x"])
    with pytest.raises(NetchuError, match="has Parquet files and images; name one kind with a glob"):
        list_paths(folder)
    assert list_paths(folder / "*.parquet") == ["a.parquet"]


@pytest.mark.parametrize(
    ("pattern", "output", "inside"),
    [
        ("", "scans/texts", True),
        ("", "scans", True),
        ("", "scans-texts", False),
        ("**/*.parquet", "scans/deep/texts", True),
        ("**/texts/*", "scans/deep/texts", True),
        ("**/other/*", "scans/deep/texts", False),
        ("**/*.png", "scans/texts", False),
        ("*.parquet", "scans", True),
        ("part-*", "scans", True),
        ("*/*", "scans/texts", True),
        ("*/*", "scans", True),  # files in the folder _unfinished
        ("*/*.parquet", "scans", False),
        ("*.parquet", "scans/texts", False),
        ("lines-*.parquet", "scans", False),
    ],
)
def test_recognises_output_that_would_be_input(folder, pattern, output, inside):
    assert contains(locate_input(f"{folder}/{pattern}"), str(folder.parent / output)) == inside


def test_rejects_the_output_of_a_run(tmp_path):
    pq.write_table(PLAN_COLUMNS.empty_table(), tmp_path / "_plan.parquet")
    with pytest.raises(NetchuError, match=r"_plan.parquet: the output of netchu bulk, which has no images"):
        list_paths(tmp_path)
    pq.write_table(COLUMNS.empty_table(), tmp_path / "part-0000000.parquet")
    with pytest.raises(NetchuError, match=r"part-0000000.parquet: the output of netchu bulk"):
        list_paths(tmp_path / "part-*.parquet")


def test_tells_how_many_files_are_left_out(folder, capsys):
    list_paths(folder)
    expected = f"netchu bulk: files left out because of their names: 1, such as {folder}/c.txt; a glob reads files of"
    assert capsys.readouterr().err == f"{expected} any name\n"
    list_paths(f"{folder}/**/*")
    assert capsys.readouterr().err == ""


def test_rejects_folder_without_images(tmp_path, capsys):
    (tmp_path / "a.txt").touch()
    with pytest.raises(NetchuError, match=r"no images or Parquet files \(their names end in .avif, .*, .parquet\)"):
        list_paths(tmp_path)
    assert capsys.readouterr().err == ""


def test_names_file_whose_name_is_not_utf8(folder):
    os.close(os.open(os.fsencode(folder) + b"/b/\xff.png", os.O_CREAT))
    with pytest.raises(NetchuError, match=r"b: the name \\xff.png is not UTF-8; rename it"):
        list_paths(folder)
    for address in ("\udcff", "\udcff/*"):
        with pytest.raises(NetchuError, match=r"udcff.*: the name is not UTF-8; rename it"):
            list_paths(address)


def test_decodes_uris(tmp_path):
    path = tmp_path / "Đường phố" / "số 1.png"
    path.parent.mkdir()
    path.touch()
    for address in (path.parent.as_uri(), path.as_uri(), f"{path.parent.as_uri()}/s%E1%BB%91%20*.png"):
        assert list_paths(address) == ["số 1.png"]
    with pytest.raises(NetchuError, match=r"Đường phố: .*; in a URI, write %20 for a space, and letters such as Đ as"):
        list_paths(f"file://{path.parent}")


@pytest.mark.parametrize("address", ["nowhere://user:secret@host/x", "file://user:secret@/x"])
def test_rejects_unknown_address_without_showing_secrets(address):
    with pytest.raises(NetchuError) as caught:
        locate_input(address)
    assert "cannot be opened" in str(caught.value) and "secret" not in str(caught.value)
