"""Tests of the download of Cinnamon's data: each file is verified, and the second copy replaces a wrong first one."""

import hashlib
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.intake import cinnamon, sources
from netchu.intake.cinnamon import fetch_cinnamon, verify_cinnamon
from tests.netchu.intake.test_gathering import write_zip

SHARED = Path(__file__).parents[3] / "../shared/data"
FOLDERS = ("0825_DataSamples 1", "deep/0916_Data Samples 2")


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Replace the manifest by one of five files, and return these files."""
    files = {f"{folder}/{name}": f"{folder} {name}".encode() for folder in FOLDERS for name in ("1.jpg", "2.png")}
    files[f"{FOLDERS[0]}/labels.json"] = b'{"1.jpg": "a"}'
    lines = []
    for name, data in files.items():
        short = "/".join(name.split("/")[-2:]).replace(" ", "_")
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {short}\n")
    (tmp_path / "manifest").write_text("".join(lines))
    monkeypatch.setattr(cinnamon, "MANIFEST", tmp_path / "manifest")
    return files


def test_finds_the_files_at_any_depth_with_spaces_in_names(tmp_path, monkeypatch, published):
    path = write_zip(tmp_path / "drive.zip", published)
    monkeypatch.setattr(sources, "fetch_drive", lambda file_id: path)
    assert fetch_cinnamon() == path


def test_fetches_the_second_copy_if_the_first_fails(tmp_path, monkeypatch, published):
    path = write_zip(tmp_path / "drive.zip", published)

    def fetch_drive(file_id):
        if file_id == cinnamon.DRIVE_IDS[0]:
            raise NetchuError("Google Drive file: too many users")
        return path

    monkeypatch.setattr(sources, "fetch_drive", fetch_drive)
    assert fetch_cinnamon() == path


def test_names_wrong_files_and_says_what_to_do(tmp_path, monkeypatch, published):
    published[f"{FOLDERS[0]}/1.jpg"] = b"changed"
    del published[f"{FOLDERS[1]}/2.png"]

    def fetch_drive(file_id):
        return write_zip(tmp_path / f"{file_id}.zip", published)

    monkeypatch.setattr(sources, "fetch_drive", fetch_drive)
    with pytest.raises(NetchuError) as caught:
        fetch_cinnamon()
    message = str(caught.value)
    assert "2 of 5 files are not as published: 0825_DataSamples_1/1.jpg (differs), 0916_Data_Samples_2/2.png" in message
    assert f"https://drive.google.com/file/d/{cinnamon.DRIVE_IDS[0]}" in message
    assert "download.source=archive and download.archives=[" in message and "\n" not in message
    assert list(tmp_path.glob("*.zip")) == [], "the next run must not take a wrong file for a complete one"


def test_lists_the_published_images_in_the_manifest():
    names = [line.split("  ")[1] for line in cinnamon.MANIFEST.read_text().splitlines()]
    assert sum(not name.endswith("labels.json") for name in names) == 1838
    assert len(set(names)) == 1840 and not any("Private" in name for name in names)


@pytest.mark.skipif(not SHARED.exists(), reason="the real data is not here")
def test_verifies_a_real_archive():
    """Only the first 115 images and the labels of the shared copy are as published."""
    with pytest.raises(NetchuError, match=r"1,723 of 1,840 files are not as published"):
        verify_cinnamon(SHARED / "cinnamon-train.zip")
