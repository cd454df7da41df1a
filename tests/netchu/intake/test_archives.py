"""Tests of zip archives: unsafe or damaged ones are rejected in one line, unusual but sound ones are read."""

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from netchu.core.errors import NetchuError
from netchu.intake import archives
from netchu.intake.archives import check_contents, list_entries, open_archive, pack_folder, read_entry


def make_zip(files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], method=zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return buffer.getvalue()


def special(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    return info


def patched(data: bytes, name: bytes, new: bytes) -> bytes:
    """Replace an entry's name in both headers, for names that zipfile would not write."""
    assert len(name) == len(new) and data.count(name) == 2
    return data.replace(name, new)


def with_flag(data: bytes, flag: int) -> bytes:
    """Set a flag of the first entry in both headers."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(signature) + offset
        out[at : at + 2] = struct.pack("<H", struct.unpack("<H", out[at : at + 2])[0] | flag)
    return bytes(out)


def claiming(data: bytes, size: int) -> bytes:
    """Set the size of the first entry in the central directory."""
    at = data.index(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


GOOD = make_zip({"a/labels.json": b"{}", "a/1.png": b"pixels" * 50})
with io.BytesIO() as _buffer, pytest.warns(UserWarning):
    with zipfile.ZipFile(_buffer, "w") as _archive:
        _archive.writestr("1.png", b"one")
        _archive.writestr("1.png", b"two")
    TWICE = _buffer.getvalue()

BAD = {
    # name: (bytes of the archive, text of the error)
    "empty file": (b"", "empty file"),
    "no entries": (make_zip({}), "contains no files"),
    "folders only": (make_zip({"a/": b""}), "contains no files"),
    "web page of a login": (b"\n<!DOCTYPE html><html>Sign in</html>", "web page"),
    "RAR": (b"Rar!\x1a\x07\x01\x00" + bytes(50), "not a zip archive"),
    "tar.gz": (b"\x1f\x8b\x08\x00" + bytes(50), "not a zip archive"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(50), "not a zip archive"),
    "cut in the middle": (GOOD[: len(GOOD) // 2], "truncated or damaged"),
    "last byte lost": (GOOD[:-1], "truncated or damaged"),
    "first half lost": (GOOD[len(GOOD) // 2 :], ""),
    "climbs out": (make_zip({"../1.png": b""}), "'../1.png' escapes its folder"),
    "climbs out from within": (make_zip({"a/../../1.png": b""}), "escapes its folder"),
    "absolute": (make_zip({"/etc/passwd": b""}), "absolute path"),
    "drive letter": (make_zip({"C:/windows/1.png": b""}), "absolute path"),
    "backslash": (make_zip({"a\\..\\1.png": b""}), "backslash"),
    "null byte in a name": (patched(make_zip({"aXb.png": b""}), b"aXb.png", b"a\0b.png"), "control character"),
    "line break in a name": (make_zip({"a\nb.png": b""}), "control character"),
    "symbolic link": (make_zip([(special("1.png", stat.S_IFLNK), b"/etc/passwd")]), "link or device"),
    "device": (make_zip([(special("1.png", stat.S_IFCHR), b"")]), "link or device"),
    "encrypted": (with_flag(GOOD, 1), "encrypted"),
    "one name twice": (TWICE, "'1.png' occurs twice"),
    "bomb by ratio": (claiming(GOOD, 60 * 10**6), "zip bomb"),
    "entry that claims 4 GB": (claiming(GOOD, 2**32 - 2), "more than 200,000,000"),
    "name that is no UTF-8 though flagged so": (
        patched(make_zip({"ảX.png": b""}), "ảX.png".encode(), b"\xff\xff\xffX.png"),
        "damaged",
    ),
}


@pytest.mark.parametrize(("data", "error"), BAD.values(), ids=BAD.keys())
def test_rejects_bad_archives(tmp_path, data, error):
    path = tmp_path / "lines.zip"
    path.write_bytes(data)
    with pytest.raises(NetchuError) as caught, open_archive(path) as archive:
        dict(check_contents(archive))
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and error in message and "\n" not in message
    assert list(tmp_path.iterdir()) == [path]


DAMAGED = {
    "one bit flipped in the contents": GOOD.replace(b"pixelspixels", b"pixelspixelz", 1),
    "compressed stream overwritten": make_zip({"1.png": bytes(range(256)) * 9}, zipfile.ZIP_DEFLATED)[:45]
    + b"\xff" * 30
    + make_zip({"1.png": bytes(range(256)) * 9}, zipfile.ZIP_DEFLATED)[75:],
    "claims less than it holds": claiming(GOOD, 1),
    "compression unknown to Python": GOOD.replace(
        b"PK\x01\x02" + GOOD[GOOD.index(b"PK\x01\x02") + 4 : GOOD.index(b"PK\x01\x02") + 12],
        b"PK\x01\x02" + GOOD[GOOD.index(b"PK\x01\x02") + 4 : GOOD.index(b"PK\x01\x02") + 10] + b"\x63\x00",
        1,
    ),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_rejects_damaged_contents(tmp_path, data):
    """The list of entries is sound; only unpacking shows the damage."""
    path = tmp_path / "lines.zip"
    path.write_bytes(data)
    with open_archive(path) as archive, pytest.raises(NetchuError, match=r": damaged \(") as caught:
        dict(check_contents(archive))
    assert "1.png" in str(caught.value) or "labels.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rejects_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.zip", tmp_path):
        with pytest.raises(NetchuError, match="cannot be read"), open_archive(path):
            pass


def test_rejects_a_large_total_size(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL", 1000)
    (tmp_path / "a.zip").write_bytes(make_zip({"1": bytes(600), "2": bytes(600)}))
    with (
        pytest.raises(NetchuError, match="would unpack to 1,200 bytes, more than 1,000"),
        open_archive(tmp_path / "a.zip"),
    ):
        pass


def test_reads_an_uncompressed_scan_that_packs_very_well(tmp_path):
    scan = Image.new("RGB", (1853, 206), "white")
    ImageDraw.Draw(scan).line([(100, 50), (1700, 150)], fill="black", width=3)
    scan.save(tmp_path / "1.bmp")
    data = (tmp_path / "1.bmp").read_bytes()
    (tmp_path / "a.zip").write_bytes(make_zip({"1.bmp": data}, zipfile.ZIP_DEFLATED))
    assert len(data) > 10**6 and len(data) > 200 * (tmp_path / "a.zip").stat().st_size
    with open_archive(tmp_path / "a.zip") as archive:
        assert read_entry(archive, "1.bmp") == data


def test_rejects_a_bomb_with_a_wrong_directory_without_unpacking_it(tmp_path):
    """50 MB of zeros with a size of 1,000 bytes in the directory: unpacking stops there, and the checksum is wrong."""
    path = tmp_path / "a.zip"
    path.write_bytes(claiming(make_zip({"1.png": bytes(50 * 10**6)}, zipfile.ZIP_DEFLATED), 1000))
    with open_archive(path) as archive:
        tracemalloc.start()
        with pytest.raises(NetchuError, match=r": damaged \("):
            read_entry(archive, "1.png")
        assert tracemalloc.get_traced_memory()[1] < 2 * 10**6
        tracemalloc.stop()


def test_lists_no_folders_and_no_hidden_files(tmp_path):
    names = ["b/1.png", "b/", "a.csv", "__MACOSX/b/._1.png", "b/.DS_Store", ".git/config", "inner.zip"]
    (tmp_path / "a.zip").write_bytes(make_zip(dict.fromkeys(names, b"")))
    with open_archive(tmp_path / "a.zip") as archive:
        assert list_entries(archive) == ["a.csv", "b/1.png", "inner.zip"]


def test_reads_names_in_utf8_without_the_flag_as_macos_writes_them(tmp_path):
    data = make_zip({"Quận.png": b"pixels"})
    name = "Quận.png".encode()
    assert data.count(name) == 2
    at, directory = data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8
    data = bytearray(data)
    data[at + 1] &= ~0x08
    data[directory + 1] &= ~0x08
    (tmp_path / "a.zip").write_bytes(data)
    with open_archive(tmp_path / "a.zip") as archive:
        assert list_entries(archive) == ["Quận.png"]
        assert read_entry(archive, "Quận.png") == b"pixels"


def test_reads_names_in_an_old_code_page(tmp_path):
    data = patched(make_zip({"caf_.png": b"pixels"}), b"caf_.png", b"caf\x82.png")
    (tmp_path / "a.zip").write_bytes(data)
    with open_archive(tmp_path / "a.zip") as archive:
        assert list_entries(archive) == ["café.png"]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_rejects_any_damage_in_one_line(tmp_path, data):
    files = {"a/labels.json": b"{}", "a/1.png": b"pixels" * 20}
    whole = bytearray(make_zip(files, data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    del whole[data.draw(st.integers(len(whole) // 2, len(whole))) :]
    path = tmp_path / "a.zip"
    path.write_bytes(whole)
    try:
        with open_archive(path) as archive:
            dict(check_contents(archive))
    except NetchuError as error:
        assert "\n" not in str(error)


def test_packs_a_folder_always_to_the_same_bytes(tmp_path):
    folder = tmp_path / "Private Test"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "2.png").write_bytes(b"two")
    (folder / "1.png").write_bytes(b"one")
    (folder / ".hidden").write_bytes(b"")
    (folder / "link.png").symlink_to(folder / "1.png")
    pack_folder(folder, tmp_path / "first.zip")
    (folder / "1.png").touch()
    pack_folder(Path(f"{folder}/"), tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with open_archive(tmp_path / "first.zip") as archive:
        contents = {name: read_entry(archive, name) for name in list_entries(archive)}
    top = "Private Test"
    assert contents == {f"{top}/1.png": b"one", f"{top}/b/2.png": b"two", f"{top}/link.png": b"one"}


def test_follows_links_and_keeps_their_names(tmp_path):
    (tmp_path / "store" / "ab12" / "b").mkdir(parents=True)
    (tmp_path / "store" / "ab12" / "b" / "1.png").write_bytes(b"one")
    (tmp_path / "store" / "ab12" / "b" / "up").symlink_to(tmp_path / "store" / "ab12")  # points to a folder above it
    (tmp_path / "store" / "more").mkdir()
    (tmp_path / "store" / "more" / "2.png").write_bytes(b"two")
    (tmp_path / "store" / "ab12" / "more").symlink_to("../more")
    (tmp_path / "my test").symlink_to("store/ab12")
    pack_folder(tmp_path / "my test", tmp_path / "a.zip")
    with open_archive(tmp_path / "a.zip") as archive:
        contents = {name: read_entry(archive, name) for name in list_entries(archive)}
    assert contents == {"my test/b/1.png": b"one", "my test/more/2.png": b"two"}


def test_rejects_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    (tmp_path / "a" / "locked").mkdir(parents=True)
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(NetchuError, match="locked: cannot be packed: Permission denied"):
        pack_folder(tmp_path / "a", tmp_path / "a.zip")


def test_rejects_an_empty_folder_and_a_huge_one(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    with pytest.raises(NetchuError, match="contains no files"):
        pack_folder(tmp_path / "empty", tmp_path / "a.zip")
    monkeypatch.setattr(archives, "MAX_ENTRY", 10)
    (tmp_path / "empty" / "1.png").write_bytes(bytes(11))
    with pytest.raises(NetchuError, match=r"1\.png.*too large"):
        pack_folder(tmp_path / "empty", tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()
