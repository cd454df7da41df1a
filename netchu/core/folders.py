"""Recursive listing of folders."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def walk_files(folder: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield all files in `folder` and below, sorted within each folder. Follow links, but visit no folder twice.

    If a folder cannot be listed, call `on_error` with the OSError, or raise it if there is no `on_error`.
    """

    def raise_error(error: OSError) -> None:
        raise error

    visited = set()
    for current, folders, names in os.walk(folder, onerror=on_error or raise_error, followlinks=True):
        real = os.path.realpath(current)  # a link may point to a folder above it
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders.sort(key=lambda name: (Path(current, name).is_symlink(), name))
        yield from (Path(current, name) for name in sorted(names))
