"""Opens zip archives from strangers safely, and packs a folder into one."""

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
"""Bytes of one file in an archive, unpacked."""

MAX_TOTAL = 20 * 10**9
"""Bytes of all files in an archive, unpacked: about 200,000 full-size photographs of lines."""

MAX_RATIO = 200
"""Unpacked over packed size of a file above 50 MB; below, an uncompressed scan of clean paper may exceed it."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,  # UnicodeDecodeError among others
    NotImplementedError,  # a compression method that Python does not know
    RuntimeError,  # encrypted
)
"""What the zipfile module raises on a damaged or unusual archive."""


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open `path` and check its list of entries, without unpacking any.

    Raises:
        NetchuError: `path` is no zip or a truncated one, holds nothing, or has an entry that escapes its folder, is a
            link, is encrypted, has another's name or would unpack to more than MAX_ENTRY, MAX_TOTAL or MAX_RATIO.
    """
    try:
        archive = _open(path)
    except _DAMAGE as error:
        raise NetchuError(f"{path}: {_not_a_zip(path, error)}") from None
    with archive:
        _check_entries(path, archive.infolist())
        yield archive


def entries(archive: zipfile.ZipFile) -> list[str]:
    """Names of the files in `archive`, sorted, without folders and what operating systems leave behind."""
    return sorted(name for name in archive.namelist() if not name.endswith("/") and not _is_litter(name))


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of one file in `archive`, of which at most MAX_ENTRY; raises NetchuError where they are damaged."""
    try:
        with archive.open(name) as file:
            # With a size, unlike archive.read(): else an entry that claims to be small is unpacked in full beforehand.
            return file.read(max(archive.getinfo(name).file_size, 1))
    except _DAMAGE as error:
        raise NetchuError(f"{archive.filename}: {name}: damaged ({error}); fetch the archive again") from None


def check_contents(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Unpack each of `entries`, yielding its name and SHA-256; raises NetchuError at the first damaged one."""
    names = entries(archive)
    for name in progress(names, f"checking {Path(archive.filename).name}", len(names)):
        yield name, hashlib.sha256(read_entry(archive, name)).hexdigest()


def pack_folder(folder: Path, path: Path) -> None:
    """Pack all files below `folder` into the zip `path`, under the folder's own name, always to the same bytes.

    Links are followed; hidden files are left out. Raises NetchuError for a file or folder that cannot be read or named.
    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100 (a link keeps its own name)
    try:
        files = [
            file for file in walk_files(root) if file.is_file() and not _is_litter(file.relative_to(root).as_posix())
        ]
    except OSError as error:
        raise NetchuError(f"{error.filename}: cannot be packed: {error.strerror}") from None
    if not files:
        raise NetchuError(f"{folder}: holds no files")
    top = root.name.lstrip(".") or "folder"
    try:
        sizes = [file.stat().st_size for file in files]
        if max(sizes) > MAX_ENTRY or sum(sizes) > MAX_TOTAL:
            raise NetchuError(f"{files[sizes.index(max(sizes))]}: too large, or its folder is; leave it out")
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for file in progress(files, f"packing {folder.name}", len(files)):
                # A fixed date and mode: the zip's hash depends on names and contents alone.
                info = zipfile.ZipInfo(f"{top}/{file.relative_to(root).as_posix()}")
                info.create_system = 3
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                archive.writestr(info, file.read_bytes())
    except (OSError, ValueError) as error:
        raise NetchuError(f"{folder}: cannot be packed: {escape_unprintable(str(error))}") from None


def _open(path: Path) -> zipfile.ZipFile:
    try:
        # macOS writes names in UTF-8 without the flag that says so; zipfile would read them as code page 437.
        return zipfile.ZipFile(path, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def _not_a_zip(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(512).lstrip()
    except OSError as problem:
        return f"cannot be read ({problem.strerror})"
    if not head:
        return "empty file; fetch it again"
    if head.startswith(b"<"):
        return "a web page, not a zip archive; the link may need a login or a confirmation in a browser"
    if head.startswith(b"PK"):
        return f"truncated or damaged zip archive ({error}); fetch it again"
    return "not a zip archive; pack the images and labels as .zip"


def _check_entries(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    if not any(not info.is_dir() for info in infos):
        raise NetchuError(f"{path}: holds no files")
    seen = set()
    for info in infos:
        problem = _entry_problem(info) or ("is there twice" if info.filename in seen else "")
        if problem:
            raise NetchuError(f"{path}: refused, since its entry {escape_unprintable(info.orig_filename)!r} {problem}")
        seen.add(info.filename)
    total = sum(info.file_size for info in infos)
    if total > MAX_TOTAL:
        raise NetchuError(f"{path}: refused, since it would unpack to {total:,} bytes, more than {MAX_TOTAL:,}")


def _entry_problem(info: zipfile.ZipInfo) -> str:
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
        return "is encrypted; unpack it with its password and pack it anew"
    if info.file_size > MAX_ENTRY:
        return f"would unpack to {info.file_size:,} bytes, more than {MAX_ENTRY:,}"
    if info.file_size > 50 * 10**6 and info.file_size > MAX_RATIO * info.compress_size:
        return f"would unpack to more than {MAX_RATIO} times its size, as a zip bomb does"
    return ""


def _is_litter(name: str) -> bool:
    return any((part.startswith(".") and part != ".") or part == "__MACOSX" for part in name.split("/"))
