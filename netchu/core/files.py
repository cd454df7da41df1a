"""Atomic writes: a file or folder appears whole under its name, or not at all."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what was written there (file or folder) replaces `path` on success.

    On any exception, Ctrl-C included, the temporary file or folder is removed and `path` stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the whole of a long name: with what is added it would be longer than a name may be.
    holder = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", dir=path.parent))
    temporary = holder / path.name
    try:
        yield temporary
        for file in temporary.rglob("*") if temporary.is_dir() else [temporary]:
            if file.is_file():
                _flush(file)
        if temporary.is_dir() and path.is_dir():
            _replace_folder(path, temporary, holder / "old")
        else:
            temporary.replace(path)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _replace_folder(path: Path, new: Path, old: Path) -> None:
    """Move `new` to `path`, and what was there to `old`; where that fails, put it back."""
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise


def _flush(file: Path) -> None:
    """Wait until the disk has the file, so that a power cut after the renaming cannot leave it empty."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON with sorted keys, atomically; NaN and infinity are refused (DVC cannot compare them)."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n")
