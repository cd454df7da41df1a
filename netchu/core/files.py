"""Atomic writes: a file or folder appears complete under its name, or not at all."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path; the file or folder written there replaces `path` on success.

    On any exception, Ctrl-C included, the temporary file or folder is removed and `path` stays as it was.

        with atomic_path(Path("lines.csv")) as temporary:
            temporary.write_text(...)
    """
    import shutil
    import tempfile  # both take 5 ms, and only writing needs them

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Shortened: the suffix could make a long name exceed the limit of the file system.
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
    """Move the folder at `path` to `old` and `new` to `path`; restore `path` if that fails."""
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise


def _flush(file: Path) -> None:
    """Write the file to disk, so that a power cut after the rename cannot leave it empty."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON with sorted keys, atomically; raise ValueError for NaN and infinity.

    DVC cannot compare those in metrics.
    """
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n")
