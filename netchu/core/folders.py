"""Recursive listing of folders."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def walk_files(folder: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield all files in `folder` and below, sorted within each folder, following links but visiting no folder twice.

    The OSError of a folder that cannot be listed is passed to `on_error`, or raised if there is none.
    """

    def fail(error: OSError) -> None:
        raise error

    visited = set()
    for current, folders, names in os.walk(folder, onerror=on_error or fail, followlinks=True):
        real = os.path.realpath(current)  # a link may point to a folder above it
        if real in visited:
            folders.clear()
            continue
        visited.add(real)
        folders.sort(key=lambda name: (Path(current, name).is_symlink(), name))
        yield from (Path(current, name) for name in sorted(names))
