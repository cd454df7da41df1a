"""The input of a bulk run: image files or Parquet files, listed in a fixed order."""

import functools
import itertools
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType, LocalFileSystem

from netchu.bulk.file_systems import hide_secrets, open_address
from netchu.core.errors import NetchuError
from netchu.core.parallel import ordered_map
from netchu.core.printing import describe_error
from netchu.pages.image_files import SUFFIXES, UNREADABLE_SUFFIXES

IMAGE, ID = "image", "id"
"""Columns of Parquet input; `id` may be missing."""

_ANY_DEPTH = ("**", "*")


class Input(NamedTuple):
    """Files below a folder whose names match a pattern."""

    base: str  # address of the folder
    pattern: tuple[str, ...]  # name of a file or folder at each depth, with wildcards; "**" is any number of folders
    suffixes: tuple[str, ...] = ()  # of the files' names; any, if empty


class InputFile(NamedTuple):
    """A file with one or more images."""

    path: str  # below the base of the input
    size: int  # bytes
    images: int  # 1, or the rows of a Parquet file


def locate_input(address: str) -> Input:
    """Return the input at an address: of a file, a folder, or a glob such as `scans/*/*.png`.

    A glob may contain `*`, `?` and `[...]` in names, and once `**` for folders of any depth. In a URI, `?` starts the
    options, and is no wildcard.

    Raises:
        NetchuError: there is nothing at the address.
    """
    plain, mark, options = address.partition("?") if "://" in address else (address, "", "")
    plain = plain.rstrip("/") or "/"
    if not re.search(r"[*?\[]", plain) or ("://" not in plain and os.path.exists(plain)):  # noqa: PTH110
        filesystem, path = open_address(plain + mark + options)
        kind = _get_type(filesystem, path, address)
        if kind == FileType.Directory:
            return Input(plain + mark + options, _ANY_DEPTH, (*SUFFIXES, *UNREADABLE_SUFFIXES, ".parquet"))
        if kind == FileType.NotFound:
            raise NetchuError(f"{hide_secrets(address)}: no such file or folder")
        folder, _, name = plain.rpartition("/")
        return Input((folder or ("." if "/" not in plain else "/")) + mark + options, (_escape(name),))
    folder = re.match(r"(?:[^*?\[]*/)?", plain).group()
    pattern = tuple(plain[len(folder) :].split("/"))
    if pattern.count("**") > 1 or pattern[-1] == "**":
        raise NetchuError(f"{hide_secrets(address)}: ** may stand once, for folders, and not at the end")
    return Input((folder.rstrip("/") or ("/" if folder else ".")) + mark + options, pattern)


def list_files(source: Input) -> Iterator[InputFile]:
    """Yield the files of the input in a fixed order; raise NetchuError if there are none, or of two kinds.

    Needs memory for the names of one folder at a time.
    """
    filesystem, base = open_address(source.base)
    found = _match(filesystem, base, source.pattern, set())
    named = (info for info in found if not source.suffixes or _has_suffix(info, source.suffixes))
    first = next(named, None)
    if first is None:
        raise NetchuError(f"{hide_secrets(source.base)}: no files that match {'/'.join(source.pattern)}")
    files = itertools.chain([first], named)
    # Opening many remote files takes long; image files are not opened before they are read.
    counted = ordered_map(functools.partial(_count_images, filesystem), files) if _is_parquet(first) else files
    for item in counted:
        info, images = item if _is_parquet(first) else (item, 1)
        if _is_parquet(info) != _is_parquet(first):
            raise NetchuError(f"{hide_secrets(source.base)}: has Parquet files and images; name one kind with a glob")
        yield InputFile(info.path[len(base.rstrip("/")) + 1 :], info.size, images)


def contains(source: Input, folder: str) -> bool:
    """Return True if files written into the folder at an address would become part of the input."""
    filesystem, base = open_address(source.base)
    other, path = open_address(folder)
    return "**" in source.pattern and filesystem.equals(other) and f"{path}/".startswith(f"{base.rstrip('/')}/")


def _escape(name: str) -> str:
    return re.sub(r"[*?\[]", r"[\g<0>]", name)


def _get_type(filesystem: FileSystem, path: str, address: str) -> FileType:
    try:
        return filesystem.get_file_info(path).type
    except OSError as error:
        raise NetchuError(f"{hide_secrets(address)}: cannot be opened ({describe_error(error)})") from None


def _match(filesystem: FileSystem, folder: str, pattern: tuple[str, ...], visited: set[str]) -> Iterator[FileInfo]:
    """Yield the files below `folder` that match the pattern, sorted by name at each depth."""
    if pattern[0] == "**":
        real = os.path.realpath(folder) if isinstance(filesystem, LocalFileSystem) else folder
        if real in visited:  # a link may point to a folder above it
            return
        visited.add(real)
    try:
        infos = sorted(filesystem.get_file_info(FileSelector(folder)), key=lambda info: info.base_name)
    except (OSError, UnicodeError) as error:
        raise NetchuError(f"{folder}: cannot be listed ({describe_error(error)})") from None
    name, *rest = pattern[1:] if pattern[0] == "**" else pattern
    for info in infos:
        is_folder = info.type == FileType.Directory
        if fnmatchcase(info.base_name, name):
            if rest and is_folder:
                yield from _match(filesystem, info.path, tuple(rest), visited)
            elif not rest and info.type == FileType.File and (name[0] == "." or info.base_name[0] != "."):
                yield info
        if pattern[0] == "**" and is_folder:
            yield from _match(filesystem, info.path, pattern, visited)


def _has_suffix(info: FileInfo, suffixes: tuple[str, ...]) -> bool:
    return info.base_name.lower().endswith(suffixes)


def _is_parquet(info: FileInfo) -> bool:
    return _has_suffix(info, (".parquet",))


def _count_images(filesystem: FileSystem, info: FileInfo) -> tuple[FileInfo, int]:
    """Return `info` and the number of rows of a Parquet file; raise NetchuError if it has no images."""
    if not _is_parquet(info):
        return info, 1
    try:
        with filesystem.open_input_file(info.path) as opened:
            file = pq.ParquetFile(opened)
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (OSError, pa.ArrowException) as error:
        raise NetchuError(f"{info.path}: not a readable Parquet file ({describe_error(error)})") from None
    index = schema.get_field_index(IMAGE)
    if index < 0 or not _holds_bytes(schema.field(index).type):
        raise NetchuError(f"{info.path}: no column {IMAGE!r} of type binary; its columns are {', '.join(schema.names)}")
    return info, rows


def _holds_bytes(kind: pa.DataType) -> bool:
    """Return True for binary, and for the pair of bytes and path that Hugging Face's data sets contain."""
    if pa.types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _holds_bytes(kind.field(index).type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
