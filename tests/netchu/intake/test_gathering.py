"""Tests of gathering archives: files, folders and URLs are checked and named; unusable ones are rejected."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.intake import sources
from netchu.intake.gathering import gather_archives, validate_location

GOOD = {"a/labels.json": '{"1.png": "Số 1"}', "a/1.png": b"pixels"}


def write_zip(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gather(*archives: str) -> tuple[dict[str, Path], int, list[Path]]:
    """Gather `archives` into a new folder; return its files by name, the number of lines, and the downloads."""
    target = Path("raw")
    target.mkdir()
    lines, downloads = gather_archives(list(archives), target, lambda strokes, path: write_zip(path, GOOD))
    return {path.name: path for path in sorted(target.iterdir())}, lines, downloads


def test_copies_a_zip_byte_for_byte(folder):
    path = write_zip(folder / "lines.zip", GOOD)
    files, lines, downloads = gather(str(path))
    assert list(files) == ["lines.zip"] and lines == 1 and downloads == []
    assert files["lines.zip"].read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["pen.jsonl", "pen.jsonl.xz", "pen.JSONL.gz"])
def test_draws_pen_strokes(folder, name):
    (folder / name).write_bytes(b"strokes")
    files, lines, _ = gather(f"{name}#sha256={sha256(folder / name)}")
    assert list(files) == ["pen.zip"] and lines == 1


def test_rejects_pen_strokes_with_another_hash(folder):
    (folder / "pen.jsonl").write_bytes(b"strokes")
    with pytest.raises(NetchuError, match=r"pen\.jsonl: its SHA-256 is .*, not the one in download\.archives"):
        gather(f"pen.jsonl#sha256={'0' * 64}")


def test_packs_a_folder_under_its_name(folder):
    (folder / "Private Test").mkdir()
    (folder / "Private Test" / "labels.json").write_text('{"1.png": "Số 1"}')
    (folder / "Private Test" / "1.png").write_bytes(b"pixels")
    files, _, _ = gather("Private Test/")
    assert list(files) == ["Private Test.zip"]
    packed = files["Private Test.zip"].rename("packed.zip")
    Path("raw").rmdir()
    files, _, _ = gather(f"Private Test#sha256={sha256(packed).upper()}")
    assert files["Private Test.zip"].read_bytes() == packed.read_bytes()


def test_keeps_the_name_of_a_link(folder):
    """A test set that is a link into a store must stay a test set."""
    (folder / "store").mkdir()
    (folder / "store" / "labels.json").write_text('{"1.png": "Số 1"}')
    (folder / "store" / "1.png").write_bytes(b"pixels")
    (folder / "my test").symlink_to("store")
    write_zip(folder / "c0ffee", GOOD)
    (folder / "kalapa.zip").symlink_to("c0ffee")
    assert list(gather("my test", "kalapa.zip")[0]) == ["kalapa.zip", "my test.zip"]


def test_gathers_several_archives_with_and_without_hash(folder):
    first, second = write_zip(folder / "a.ZIP", GOOD), write_zip(folder / "b.data", GOOD)
    files, lines, _ = gather(f"{first}#sha256={sha256(first)}", str(second))
    assert list(files) == ["a.zip", "b.data.zip"] and lines == 2


def test_names_a_download_after_its_url(folder, monkeypatch):
    path = write_zip(folder / "fetched.zip", GOOD)
    monkeypatch.setattr(sources, "fetch_url", lambda url, digest: path)
    files, _, downloads = gather("https://example.org/Qu%E1%BA%ADn.zip")
    assert list(files) == ["Quận.zip"] and downloads == [path]


UNUSABLE = {
    # name: (archives, text of the error)
    "nothing listed": ([], "download.archives: empty"),
    "missing file": (["none.zip"], "none.zip: cannot be copied: No such file"),
    "another hash": (["good.zip#sha256=" + "0" * 64], "good.zip: its SHA-256 is"),
    "one archive twice": (["good.zip", "good.zip"], "two archives would be named good.zip"),
    "two with one name": (["good.zip", "folder/GOOD.zip"], "two archives would be named GOOD.zip"),
    "empty folder": (["empty"], "empty: contains no files"),
    "truncated": (["cut.zip"], "cut.zip: truncated or damaged"),
    "escapes": (["good.zip", "escapes.zip"], "escapes.zip: rejected because its entry '../1.png' escapes"),
    "no labels": (["unlabelled.zip"], "unlabelled.zip: no labels found"),
    "malformed labels": (["malformed.zip"], "malformed.zip: a/labels.json: line 1: not valid JSON"),
    "damaged contents": (["damaged.zip"], "damaged.zip: a/1.png: damaged"),
}


@pytest.mark.parametrize(("archives", "message"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_rejects_unusable_archives_in_one_line(folder, archives, message):
    for name in ("folder", "empty"):
        (folder / name).mkdir()
    good = write_zip(folder / "good.zip", GOOD).read_bytes()
    write_zip(folder / "folder" / "GOOD.zip", GOOD)
    write_zip(folder / "escapes.zip", GOOD | {"../1.png": b""})
    write_zip(folder / "unlabelled.zip", {"1.png": b""})
    write_zip(folder / "malformed.zip", GOOD | {"a/labels.json": "{"})
    (folder / "cut.zip").write_bytes(good[:-30])
    (folder / "damaged.zip").write_bytes(good.replace(b"pixels", b"pixelz"))
    with pytest.raises(NetchuError) as caught:
        gather(*archives)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and "raw/" not in str(caught.value)


@pytest.mark.parametrize("location", ["a.zip", "my folder", "HTTPS://example.org/a.zip", "a.zip#sha256=" + "aB" * 32])
def test_accepts_files_folders_and_urls(location):
    validate_location(location)


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("good.zip#sha256=123", "#sha256= should be followed by 64"),
        ("#sha256=" + "0" * 64, "an entry names no file"),
        (" ", "an entry names no file"),
        ("a\0.zip", "an entry names no file"),
        ("https://[::1/x.zip", "Invalid IPv6"),
        ("ftp://example.org/a.zip", "should begin with http"),
    ],
)
def test_rejects_other_locations(location, message):
    with pytest.raises(ValueError, match=message):
        validate_location(location)
