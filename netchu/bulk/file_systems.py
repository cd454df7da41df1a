"""Local folders and remote ones (s3://, gs://, ...), as pyarrow opens them, and atomic writes to both."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow.fs import FileSelector, FileSystem, LocalFileSystem

from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error, escape_unprintable

UNFINISHED = "_unfinished"
"""Folder, beside the files, in which they are written; `pandas.read_parquet` ignores it because of the underscore."""


def open_address(address: str) -> tuple[FileSystem, str]:
    """Return the file system of an address, a local path or a URI, and the path in it; raise NetchuError if unknown."""
    if (escaped := escape_unprintable(address)) != address:
        raise NetchuError(f"{escaped}: the name is not UTF-8; rename it")
    if "://" not in address:
        return LocalFileSystem(), os.path.abspath(address)  # noqa: PTH100 - unlike Path.resolve, it keeps links
    try:
        filesystem, path = FileSystem.from_uri(address)
        return filesystem, path.rstrip("/")
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = describe_error(error).replace(address, hide_secrets(address))
        if "Cannot parse URI" in reason:
            reason += "; in a URI, write %20 for a space, and letters such as Đ as %C4%90"
        raise NetchuError(f"{hide_secrets(address)}: cannot be opened ({reason})") from None


def hide_secrets(address: str) -> str:
    """Return the address without user, password and options; of a local path, the absolute path.

    >>> hide_secrets("s3://key:secret@bucket/scans?region=eu-north-1")
    's3://bucket/scans'
    """
    if "://" not in address:
        return os.path.abspath(address)  # noqa: PTH100
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@contextlib.contextmanager
def write_atomically(filesystem: FileSystem, path: str) -> Iterator[pa.NativeFile]:
    """Yield a stream to a new file; it is moved to `path` when the block ends without an exception.

    A process that is killed leaves at most a file in the folder UNFINISHED: see `remove_unfinished`.
    """
    folder, _, name = path.rpartition("/")
    filesystem.create_dir(f"{folder}/{UNFINISHED}", recursive=True)
    temporary = f"{folder}/{UNFINISHED}/{name}.{uuid.uuid4().hex}"
    try:
        with filesystem.open_output_stream(temporary) as stream:
            yield stream
        if isinstance(filesystem, LocalFileSystem):
            with Path(temporary).open("rb") as file:
                os.fsync(file.fileno())  # a power cut after the rename must not leave an empty file
        filesystem.move(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            filesystem.delete_file(temporary)
        raise


def remove_unfinished(filesystem: FileSystem, folder: str) -> None:
    """Remove the files that killed processes left in the folder UNFINISHED of `folder`."""
    for info in filesystem.get_file_info(FileSelector(f"{folder}/{UNFINISHED}", allow_not_found=True)):
        with contextlib.suppress(OSError):
            filesystem.delete_file(info.path)
