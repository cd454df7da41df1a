"""The input of a bulk run: image files or Parquet files, listed in a fixed order."""

import functools
import itertools
import os
import re
import sys
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType, LocalFileSystem

from netchu.bulk.file_systems import UNFINISHED, hide_secrets, open_address
from netchu.bulk.output_files import COLUMNS, MANIFEST, PLAN, PLAN_COLUMNS, name_shard
from netchu.core.errors import NetchuError
from netchu.core.parallel import ordered_map
from netchu.core.printing import describe_error
from netchu.pages.image_files import SUFFIXES, UNREADABLE_SUFFIXES

IMAGE, ID = "image", "id"
"""Columns of Parquet input; `id` may be missing."""

_ANY_DEPTH = ("**", "*")

_SUFFIXES = (*SUFFIXES, ".parquet")
"""Suffixes of the files in a folder that are read; to look into files without one would take a request for each."""


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
            return Input(plain + mark + options, _ANY_DEPTH, _SUFFIXES + UNREADABLE_SUFFIXES)
        if kind == FileType.NotFound:
            raise NetchuError(f"{hide_secrets(address)}: no such file or folder")
        folder = plain.rpartition("/")[0] or ("." if "/" not in plain else "/")
        return Input(folder + mark + options, (_escape(path.rpartition("/")[2]),))
    folder = re.match(r"(?:[^*?\[]*/)?", plain).group()
    names = plain[len(folder) :]
    pattern = tuple((unquote(names) if "://" in plain else names).split("/"))
    if pattern.count("**") > 1 or pattern[-1] == "**":
        raise NetchuError(f"{hide_secrets(address)}: ** may stand once, for folders, and not at the end")
    return Input((folder.rstrip("/") or ("/" if folder else ".")) + mark + options, pattern)


def list_files(source: Input) -> Iterator[InputFile]:
    """Yield the files of the input in a fixed order; raise NetchuError if there are none, or of two kinds.

    Needs memory for the names of one folder at a time. At the end it prints how many files of a folder were left out.
    """
    filesystem, base = open_address(source.base)
    left_out, example = 0, ""

    def is_named(info: FileInfo) -> bool:
        nonlocal left_out, example
        if not source.suffixes or _has_suffix(info, source.suffixes):
            return True
        left_out, example = left_out + 1, example or info.path
        return False

    named = filter(is_named, _match(filesystem, base, source.pattern, set()))
    first = next(named, None)
    if first is None and source.suffixes:
        suffixes = ", ".join(_SUFFIXES)
        raise NetchuError(f"{hide_secrets(source.base)}: no images or Parquet files (their names end in {suffixes})")
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
    if left_out:
        print(
            f"netchu bulk: files left out because of their names: {left_out}, such as {example}; "
            "a glob reads files of any name",
            file=sys.stderr,
        )


def contains(source: Input, folder: str) -> bool:
    """Return True if files that a run writes into the folder at an address would become part of the input."""
    filesystem, base = open_address(source.base)
    other, path = open_address(folder)
    base, path = f"{base.rstrip('/')}/", f"{path}/"
    if not filesystem.equals(other) or not path.startswith(base):
        return False
    written = (PLAN, MANIFEST, name_shard(0), f"{UNFINISHED}/{PLAN}.0")
    return any(_fits(f"{path[len(base) :]}{name}".split("/"), source.pattern) for name in written)


def _fits(names: Sequence[str], pattern: tuple[str, ...]) -> bool:
    """Return True if the names of folders and a file, one at each depth, match the pattern."""
    if pattern[0] == "**":
        return any(_fits(names[depth:], pattern[1:]) for depth in range(len(names)))
    return len(names) == len(pattern) and all(map(fnmatchcase, names, pattern))


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
    except UnicodeDecodeError as error:
        name = error.object.decode("utf-8", "backslashreplace")
        raise NetchuError(f"{folder}: the name {name} is not UTF-8; rename it") from None
    except OSError as error:
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
    if schema.names in (COLUMNS.names, PLAN_COLUMNS.names):
        raise NetchuError(f"{info.path}: the output of netchu bulk, which has no images; name its input instead")
    index = schema.get_field_index(IMAGE)
    if index < 0 or not _holds_bytes(schema.field(index).type):
        columns = ", ".join(f"{field.name}: {field.type}" for field in schema)
        raise NetchuError(
            f"{info.path}: no column {IMAGE!r} of type binary or struct with a field 'bytes'; its columns: {columns}"
        )
    return info, rows


def _holds_bytes(kind: pa.DataType) -> bool:
    """Return True for binary, and for the pair of bytes and path that Hugging Face's data sets contain."""
    if pa.types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _holds_bytes(kind.field(index).type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
