"""What lies in a folder and in all folders below it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def walk(folder: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """All files anywhere in `folder`, sorted within each folder; links to folders are followed, no folder twice.

    A folder that cannot be listed goes to `on_error`, or without one is raised as the OSError that it is.
    """

    def fail(error: OSError) -> None:
        raise error

    seen = set()
    for where, folders, names in os.walk(folder, onerror=on_error or fail, followlinks=True):
        real = os.path.realpath(where)  # a link may lead back to a folder above it
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort(key=lambda name: (Path(where, name).is_symlink(), name))
        yield from (Path(where, name) for name in sorted(names))
