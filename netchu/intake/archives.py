"""Safe reading of untrusted zip archives, and packing of folders into zip archives."""

import contextlib
import hashlib
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.folders import walk_files
from netchu.core.printing import escape_unprintable
from netchu.core.progress import progress

MAX_ENTRY = 200 * 10**6
"""Largest file in an archive, in bytes, unpacked."""

MAX_TOTAL = 20 * 10**9
"""Largest sum of all files in an archive, in bytes, unpacked: about 200,000 full-size photographs of lines."""

MAX_RATIO = 200
"""Largest ratio of unpacked to packed size, for files above 50 MB; smaller scans of clean paper may exceed it."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,  # UnicodeDecodeError among others
    NotImplementedError,  # a compression method unknown to Python
    RuntimeError,  # encrypted
)
"""Exceptions that the zipfile module raises for a damaged or unusual archive."""


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive at `path` and check its list of entries, without unpacking any.

        with open_archive(Path("lines.zip")) as archive:
            labels, faults = list_lines(archive)

    Raises:
        NetchuError: `path` is not a zip archive, is truncated or contains no files, or an entry escapes its folder, is
            a link, is encrypted, occurs twice, or would exceed MAX_ENTRY, MAX_TOTAL or MAX_RATIO when unpacked.
    """
    try:
        archive = _open(path)
    except _DAMAGE as error:
        raise NetchuError(f"{path}: {_describe_damage(path, error)}") from None
    with archive:
        _check_entries(path, archive.infolist())
        yield archive


def list_entries(archive: zipfile.ZipFile) -> list[str]:
    """Return the sorted names of the files in `archive`, without folders, hidden files and __MACOSX."""
    return sorted(name for name in archive.namelist() if not name.endswith("/") and not _is_hidden(name))


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the bytes of one file in `archive`, at most MAX_ENTRY; raise NetchuError if they are damaged."""
    try:
        with archive.open(name) as file:
            # Not archive.read(), which unpacks an entry completely even if the directory claims that it is small.
            return file.read(max(archive.getinfo(name).file_size, 1))
    except _DAMAGE as error:
        raise NetchuError(f"{archive.filename}: {name}: damaged ({error}); fetch the archive again") from None


def check_contents(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Unpack each entry and yield its name and SHA-256; raise NetchuError at the first damaged one."""
    names = list_entries(archive)
    for name in progress(names, f"checking {Path(archive.filename).name}", len(names)):
        yield name, hashlib.sha256(read_entry(archive, name)).hexdigest()


def pack_folder(folder: Path, path: Path) -> None:
    """Pack all files below `folder` into the zip archive `path`, under the name of the folder.

    The same names and contents give the same bytes. Links are followed, hidden files are omitted.

    Raises:
        NetchuError: the folder contains no files, is too large, or contains a file that cannot be read or named.
    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100 (a link keeps its own name)
    try:
        files = [
            file for file in walk_files(root) if file.is_file() and not _is_hidden(file.relative_to(root).as_posix())
        ]
    except OSError as error:
        raise NetchuError(f"{error.filename}: cannot be packed: {error.strerror}") from None
    if not files:
        raise NetchuError(f"{folder}: contains no files")
    top = root.name.lstrip(".") or "folder"
    try:
        sizes = [file.stat().st_size for file in files]
        largest, total = max(sizes), sum(sizes)
        if largest > MAX_ENTRY:
            file = files[sizes.index(largest)]
            raise NetchuError(f"{file}: too large: {largest:,} bytes, more than {MAX_ENTRY:,}; remove it")
        if total > MAX_TOTAL:
            raise NetchuError(f"{folder}: too large: {total:,} bytes, more than {MAX_TOTAL:,}; split it")
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for file in progress(files, f"packing {folder.name}", len(files)):
                # With a fixed date and mode: the hash of the archive depends only on names and contents.
                info = zipfile.ZipInfo(f"{top}/{file.relative_to(root).as_posix()}")
                info.create_system = 3
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(info, file.read_bytes())
    except (OSError, ValueError) as error:
        raise NetchuError(f"{folder}: cannot be packed: {escape_unprintable(str(error))}") from None


def _open(path: Path) -> zipfile.ZipFile:
    """Open a zip archive; decode names as UTF-8 if possible."""
    try:
        # macOS writes names in UTF-8 without setting the flag; zipfile would read them as code page 437.
        return zipfile.ZipFile(path, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def _describe_damage(path: Path, error: Exception) -> str:
    """Return the likely reason why `path` could not be opened, and what to do."""
    try:
        with path.open("rb") as file:
            head = file.read(512).lstrip()
    except OSError as problem:
        return f"cannot be read ({problem.strerror})"
    if not head:
        return "empty file; fetch it again"
    if head.startswith(b"<"):
        return "a web page, not a zip archive; the link may require a login or a confirmation in a browser"
    if head.startswith(b"PK"):
        return f"truncated or damaged zip archive ({error}); fetch it again"
    return "not a zip archive; pack the images and labels as .zip"


def _check_entries(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    """Raise NetchuError if an entry is unsafe, or if all entries together are too large."""
    if not any(not info.is_dir() for info in infos):
        raise NetchuError(f"{path}: contains no files")
    seen = set()
    for info in infos:
        problem = _find_problem(info) or ("occurs twice" if info.filename in seen else "")
        if problem:
            raise NetchuError(
                f"{path}: rejected because its entry {escape_unprintable(info.orig_filename)!r} {problem}"
            )
        seen.add(info.filename)
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL:
        raise NetchuError(f"{path}: rejected because it would unpack to {total:,} bytes, more than {MAX_TOTAL:,}")


def _find_problem(info: zipfile.ZipInfo) -> str:
    """Return the problem of an unsafe entry, such as "is a link", else an empty string."""
    name = info.orig_filename
    kind = stat.S_IFMT(info.external_attr >> 16)
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        return "has an absolute path"
    if ".." in name.split("/"):
        return "escapes its folder"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "has a control character in its name"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or device, not a file"
    if info.flag_bits & 1:
        return "is encrypted; unpack it with its password and pack it without"
    if info.file_size > MAX_ENTRY:
        return f"would unpack to {info.file_size:,} bytes, more than {MAX_ENTRY:,}"
    if info.file_size > 50 * 10**6 and info.file_size > MAX_RATIO * info.compress_size:
        return f"would unpack to more than {MAX_RATIO} times its size, as a zip bomb does"
    return ""


def _is_hidden(name: str) -> bool:
    """Return whether `name` is a hidden file or one that macOS adds to archives."""
    return any((part.startswith(".") and part != ".") or part == "__MACOSX" for part in name.split("/"))
