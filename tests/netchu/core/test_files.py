"""Tests of atomic writes."""

from pathlib import Path

import pytest

from netchu.core.files import atomic_path, write_json, write_text


def test_keeps_the_old_file_when_a_write_fails(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_replaces_a_folder(tmp_path):
    path = tmp_path / "folder"
    for name in ("first", "second"):
        with atomic_path(path) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert [file.name for file in path.iterdir()] == ["second"]
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_restores_the_old_folder_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    path = tmp_path / "folder"
    path.mkdir()
    (path / "first").touch()
    rename = Path.rename

    def fail(self, target):
        if (self / "second").exists():
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="disk full"), atomic_path(path) as temporary:
        temporary.mkdir()
        (temporary / "second").touch()
    assert [file.name for file in path.iterdir()] == ["first"]
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_writes_sorted_json_and_rejects_nan(tmp_path):
    path = tmp_path / "metrics.json"
    write_json(path, {"b": 1, "a": "ộ"})
    assert path.read_text(encoding="utf-8") == '{\n  "a": "ộ",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"cer": float("nan")})
    assert '"a"' in path.read_text(encoding="utf-8")
