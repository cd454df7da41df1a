"""Atomic writes."""

from pathlib import Path

import pytest

from netchu.core.files import atomic_path, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_a_folder_replaces_a_folder(tmp_path):
    path = tmp_path / "folder"
    for name in ("first", "second"):
        with atomic_path(path) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    assert [file.name for file in path.iterdir()] == ["second"]
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_where_the_new_folder_cannot_be_put_in_place_the_old_one_stays(tmp_path, monkeypatch):
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


def test_json_is_sorted_and_refuses_what_dvc_cannot_compare(tmp_path):
    path = tmp_path / "metrics.json"
    write_json(path, {"b": 1, "a": "ộ"})
    assert path.read_text(encoding="utf-8") == '{\n  "a": "ộ",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"cer": float("nan")})
    assert '"a"' in path.read_text(encoding="utf-8")
