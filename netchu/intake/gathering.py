"""Copying and checking of the archives in download.archives: zip files, folders, files of pen strokes and URLs.

Of transcribed pages, the lines are cut.
"""

import contextlib
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from netchu.core.errors import NetchuError
from netchu.intake import sources
from netchu.intake.archives import check_contents, open_archive, pack_folder
from netchu.intake.labels import list_lines
from netchu.intake.page_archives import cut_pages
from netchu.intake.stroke_files import STROKE_SUFFIXES, is_stroke_file


def validate_location(archive: str) -> None:
    """Raise ValueError unless `archive` is a path or an http(s) URL, optionally followed by #sha256=<64 hex digits>."""
    location, mark, digest = archive.partition("#sha256=")
    if not location.strip() or "\0" in location:
        raise ValueError("an entry names no file, folder or URL")
    if mark and not re.fullmatch("[0-9a-fA-F]{64}", digest):
        raise ValueError("#sha256= should be followed by 64 hexadecimal digits")
    if re.match("[A-Za-z][A-Za-z0-9+.-]+://", location) and not _is_url(location):
        raise ValueError("a URL should begin with http:// or https://")
    if _is_url(location):
        urlsplit(location)  # raises ValueError if a host's brackets are not closed


def gather_archives(
    archives: list[str], folder: Path, draw_strokes: Callable[[Path, Path], object]
) -> tuple[int, list[Path]]:
    """Write one checked zip file for each of `archives` into `folder`.

    Args:
        archives: locations that `validate_location` accepts.
        draw_strokes: writes a zip file of images (second path) from a file of pen strokes (first path).

    Returns:
        The number of labelled lines, and the downloaded files, which the caller may delete.

    Raises:
        NetchuError: an archive is missing, damaged or unsafe, differs from its SHA-256, or contains no labels.
    """
    if not archives:
        raise NetchuError("params.yaml: download.archives: empty; list zip files, folders or URLs")
    names, lines, downloads = set(), 0, []
    for archive in archives:
        location, _, digest = archive.partition("#sha256=")
        name = _zip_name(location)
        # The names become parts of line ids. Some file systems ignore case.
        if name.casefold() in names:
            raise NetchuError(f"params.yaml: download.archives: two archives would be named {name}; rename one of them")
        names.add(name.casefold())
        path = Path(os.path.expanduser(location))  # noqa: PTH111 (Path's own raises for an unknown user)
        if _is_url(location):
            path = sources.fetch_url(location, digest.lower() or None)
            downloads.append(path)
        has_strokes = is_stroke_file(path.name)
        if has_strokes:
            draw_strokes(path, folder / name)
        elif path.is_dir():
            pack_folder(path, folder / name)
        else:
            copy_archive(path, folder / name)
        if digest and (actual := _sha256(path if has_strokes else folder / name)) != digest.lower():
            raise NetchuError(f"{location}: its SHA-256 is {actual}, not the one in download.archives; fetch it again")
        with name_in_errors(folder / name, location):
            cut_pages(folder / name)
        lines += check_archive(folder / name, location)
    return lines, downloads


def check_archive(path: Path, name: str) -> int:
    """Unpack every entry of the archive at `path` and return the number of labelled lines.

    Raises:
        NetchuError: the archive is damaged or unsafe, or contains no labels; the message calls it `name`.
    """
    with name_in_errors(path, name), open_archive(path) as archive:
        labels, _ = list_lines(archive, encoding=None)
        for _ in check_contents(archive):
            pass
    return len(labels)


@contextlib.contextmanager
def name_in_errors(path: Path, name: str) -> Iterator[None]:
    """Replace `path` by `name`, by which the user knows the archive, in the message of a NetchuError."""
    try:
        yield
    except NetchuError as error:
        raise NetchuError(str(error).replace(str(path), name)) from None


def copy_archive(source: Path, target: Path) -> None:
    """Copy a file; raise NetchuError if that fails."""
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise NetchuError(f"{source}: cannot be copied: {error.strerror or error}") from None


def _zip_name(location: str) -> str:
    """Return the name of `location` with the ending .zip."""
    path = Path(os.path.abspath(location))  # noqa: PTH100 (resolve() would replace the name of a link)
    name = sources.url_name(location) if _is_url(location) else path.name
    name = unicodedata.normalize("NFC", name).lstrip(".") or "archive"
    suffix = next((suffix for suffix in (*STROKE_SUFFIXES, ".zip") if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)] + ".zip"


def _is_url(location: str) -> bool:
    """Return whether `location` is an http or https URL."""
    return re.match("https?://", location, re.IGNORECASE) is not None


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
