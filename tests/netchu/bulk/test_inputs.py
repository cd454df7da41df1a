"""Tests of the list of files of a bulk run: its order, globs, and the columns of Parquet files."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netchu.bulk.inputs import contains, list_files, locate_input
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
    with pytest.raises(NetchuError, match="no column 'image' of type binary; its columns are picture"):
        list_paths(tmp_path / "a.parquet")
    write_table(tmp_path / "a.parquet", image=["text"])
    with pytest.raises(NetchuError, match="no column 'image' of type binary"):
        list_paths(tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(NetchuError, match=r"a.parquet: not a readable Parquet file"):
        list_paths(tmp_path / "a.parquet")
    write_table(folder / "a.parquet", image=[b"x"])
    with pytest.raises(NetchuError, match="has Parquet files and images; name one kind with a glob"):
        list_paths(folder)
    assert list_paths(folder / "*.parquet") == ["a.parquet"]


def test_recognises_output_inside_the_input(folder):
    assert contains(locate_input(str(folder)), f"{folder}/texts")
    assert contains(locate_input(f"{folder}/**/*.png"), str(folder))
    assert not contains(locate_input(f"{folder}/*.png"), f"{folder}/texts")
    assert not contains(locate_input(str(folder)), f"{folder}-texts")


@pytest.mark.parametrize("address", ["nowhere://user:secret@host/x", "file://user:secret@/x"])
def test_rejects_unknown_address_without_showing_secrets(address):
    with pytest.raises(NetchuError) as caught:
        locate_input(address)
    assert "cannot be opened" in str(caught.value) and "secret" not in str(caught.value)
