"""Archives of transcribed pages: PAGE XML, ALTO XML or Label Studio's JSON, with the pictures of the pages.

`cut_pages` replaces the pages in an archive by pictures of their lines and a table, which `list_lines` reads like any
other. The files may be in any folders.
"""

import csv
import functools
import io
import json
import posixpath
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.parallel import ordered_map
from netchu.core.printing import describe_error, escape_unprintable
from netchu.core.progress import progress
from netchu.intake.archives import list_entries, open_archive, read_entry
from netchu.intake.label_studio import read_label_studio
from netchu.intake.line_cutting import add_bands, cut_line
from netchu.intake.page_pictures import PictureIndex, open_picture, simplify_name
from netchu.intake.transcribed_pages import TranscribedLine, TranscribedPage
from netchu.intake.xml_pages import is_xml_page, read_xml_page
from netchu.line_finding.level_crops import estimate_paper_colour
from netchu.pictures.encoding import encode_image

MAX_PAGE_FILE = 50 * 10**6
"""Largest XML or JSON file, in bytes."""

MAX_TEXT = 1000
"""Characters of the longest text of a line."""

_TABLE = "lines-of-pages.csv"

_CINNAMON_FILES = ("labels.json", "writers.json")


@dataclass(frozen=True)
class _PageFile:
    """A transcribed page, the file that contains it, and the entries that may be its picture."""

    name: str  # of the XML or JSON file
    page: TranscribedPage
    pictures: tuple[str, ...]  # entries with the name of its picture: one, if all is well
    is_page_xml: bool = False


class _CutLine(NamedTuple):
    """A line of a page, the name of its picture, and the picture as a PNG file: None for a line that is not cut."""

    file: str
    line: TranscribedLine
    image: bytes | None = None


def cut_pages(path: Path) -> bool:
    """Replace the transcribed pages in the zip archive at `path` by their lines; return False if it contains none.

    Each line becomes a grey PNG file `<file of the page>/<id of the line>.png`. A table gives text and writer, and the
    faults of lines that cannot be cut. Files that belong to no page stay as they are. The pictures of pages are
    removed. The same archive gives the same bytes.

        cut_pages(Path("export.zip"))

    Raises:
        NetchuError: the archive is unsafe, a file of a page cannot be read, or no line can be cut.
    """
    with open_archive(path) as archive:
        pages = _find_pages(archive)
        if not pages:
            return False
        removed = {name for page in pages for name in (page.name, *page.pictures)}
        kept = [name for name in list_entries(archive) if name not in removed]
        taken = {name.casefold() for name in kept}
        table = _choose_name(_TABLE, 2, taken)
        pages = _prefer_page_xml(pages)
        rows, images, first_fault = [], 0, ""
        # Read in this thread: an open zip file must not be read from several threads.
        items = ((page, lines, _read_picture(archive, page)) for page, lines in _name_lines(pages, taken))
        cut = progress(ordered_map(lambda item: _cut_lines(*item), items), f"cutting {path.name}", len(pages))
        with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as target:
            for name in kept:
                _add_entry(target, name, read_entry(archive, name))
            for page, lines in zip(pages, cut, strict=True):
                for file, line, image in lines:
                    rows.append((file, line.text, line.writer, line.fault))
                    if image is not None:
                        _add_entry(target, file, image)
                        images += 1
                    elif not first_fault:
                        problem = line.fault or f"its picture {page.page.image!r} is not in the archive"
                        first_fault = escape_unprintable(f"; {page.name}: {problem}")
            if not images:
                raise NetchuError(f"{path}: no line of {len(pages):,} transcribed pages can be cut{first_fault}")
            _add_entry(target, table, _format_table(rows))
    return True


def _find_pages(archive: zipfile.ZipFile) -> list[_PageFile]:
    """Return the transcribed pages in an archive, with the entries of their pictures and the writers."""
    names = list_entries(archive)
    index = PictureIndex(names)
    entries = set(names)
    read_writers = functools.cache(lambda name: _read_writers(archive, name) if name in entries else {})
    pages = []
    for name in names:
        lower = name.lower()
        if not lower.endswith((".xml", ".json")) or posixpath.basename(lower) in _CINNAMON_FILES:
            continue
        data = read_entry(archive, name)
        try:
            if lower.endswith(".xml") and is_xml_page(data[:8192]):
                _check_size(data)
                page, is_page_xml = read_xml_page(data)
                found = _PageFile(name, page, index.find(page.image, name), is_page_xml)
                pages.append(_add_writer(found, read_writers))
            elif lower.endswith(".json"):
                _check_size(data)
                for page in read_label_studio(data) or ():
                    pages.append(_PageFile(name, page, index.find(page.image, name)))
        except ValueError as error:
            raise NetchuError(f"{archive.filename}: {name}: {escape_unprintable(describe_error(error))}") from None
    return pages


def _check_size(data: bytes) -> None:
    if len(data) > MAX_PAGE_FILE:
        raise ValueError(f"{len(data):,} bytes, more than {MAX_PAGE_FILE:,}; export fewer pages at once")


def _read_writers(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Return the writers in a `writers.json` by the simplified names of the pictures."""
    try:
        writers = json.loads(read_entry(archive, name).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NetchuError(f"{archive.filename}: {name}: not valid JSON ({error})") from None
    if not isinstance(writers, dict) or not all(isinstance(writer, str) for writer in writers.values()):
        raise NetchuError(f'{archive.filename}: {name}: expected one object {{"file": "writer", ...}}')
    return {simplify_name(image): writer for image, writer in writers.items()}


def _add_writer(page: _PageFile, read_writers: Callable[[str], dict[str, str]]) -> _PageFile:
    """Return the page with the writer that `writers.json` beside it or its picture gives to the name of the picture.

    Lines for which the page itself gives a writer keep it.

    Args:
        read_writers: returns the writers in the file of this name, none if there is no such file.
    """
    for beside in (page.name, *page.pictures):
        by_name = read_writers(posixpath.join(posixpath.dirname(beside), "writers.json"))
        if writer := next(
            (by_name[x] for x in map(simplify_name, (page.page.image, *page.pictures)) if x in by_name), ""
        ):
            lines = tuple(replace(line, writer=line.writer or writer) for line in page.page.lines)
            return replace(page, page=replace(page.page, lines=lines))
    return page


def _prefer_page_xml(pages: list[_PageFile]) -> list[_PageFile]:
    """Return the pages without ALTO files of pictures that have a PAGE file, because exports may contain both."""
    described = {page.pictures for page in pages if page.is_page_xml}
    return [
        page
        for page in pages
        if page.is_page_xml or not page.name.lower().endswith(".xml") or page.pictures not in described
    ]


def _name_lines(pages: list[_PageFile], taken: set[str]) -> Iterator[tuple[_PageFile, list[_CutLine]]]:
    """Yield each page with its lines, each line with a name for its picture that no other file has.

    Names contain the line's id rather than its number, so that they stay the same if lines are added.
    """
    for page in pages:
        folder = page.name
        if not page.name.lower().endswith(".xml"):  # many pages in one file
            folder += "/" + _make_safe(posixpath.splitext(page.page.image)[0])
        lines = []
        for number, line in enumerate(page.page.lines, 1):
            name = _make_safe(line.id) or f"line{number}"
            lines.append(_CutLine(_choose_name(f"{folder}/{name}.png", number, taken), line))
        yield page, lines


def _make_safe(name: str) -> str:
    """Return `name` as part of a file name: at most 80 letters, digits and `_.-`."""
    return re.sub(r"[^\w.-]", "_", unicodedata.normalize("NFC", name))[:80].lstrip(".")


def _choose_name(name: str, number: int, taken: set[str]) -> str:
    """Return `name`, with a number of at least `number` if it is in `taken`, and add it there in lower case."""
    stem, suffix = posixpath.splitext(name)
    while name.casefold() in taken:
        name = f"{stem}-{number}{suffix}"
        number += 1
    taken.add(name.casefold())
    return name


def _read_picture(archive: zipfile.ZipFile, page: _PageFile) -> bytes:
    """Return the picture's file, no bytes if there is none or more than one."""
    return read_entry(archive, page.pictures[0]) if len(page.pictures) == 1 else b""


def _cut_lines(page: _PageFile, lines: list[_CutLine], data: bytes) -> list[_CutLine]:
    """Return the lines with their pictures, or with the faults for which they cannot be cut."""
    if not page.pictures:
        return lines  # the table then names pictures that are missing
    try:
        if len(page.pictures) > 1:
            raise NetchuError(f"several pictures have this name ({', '.join(page.pictures[:3])}); rename them")
        picture, scale = open_picture(page.page, page.pictures[0], data)
    except NetchuError as error:
        fault = escape_unprintable(f"{page.page.image}: {error}")
        return [_CutLine(file, replace(line, fault=fault)) for file, line, _ in lines]
    paper = estimate_paper_colour(picture)
    banded = add_bands(tuple(_scale_line(line, scale) for _, line, _ in lines))
    return [_cut_named(file, line, picture, paper) for (file, _, _), line in zip(lines, banded, strict=True)]


def _scale_line(line: TranscribedLine, scale: tuple[float, float]) -> TranscribedLine:
    """Return the line with its positions in pixels of the picture."""
    polygon, baseline = (
        tuple((x * scale[0], y * scale[1]) for x, y in points) for points in (line.polygon, line.baseline)
    )
    return replace(line, polygon=polygon, baseline=baseline)


def _cut_named(file: str, line: TranscribedLine, picture: np.ndarray, paper: np.ndarray) -> _CutLine:
    if line.fault:
        return _CutLine(file, line)
    if len(line.text) > MAX_TEXT:
        return _CutLine(file, replace(line, text="", fault=f"{len(line.text):,} characters: not the text of one line"))
    try:
        return _CutLine(file, line, encode_image(cut_line(picture, paper, line)))
    except ValueError as error:
        return _CutLine(file, replace(line, fault=str(error)))


def _format_table(rows: list[tuple[str, str, str, str]]) -> bytes:
    """Return a table of lines as the stages read it."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("file", "text", "writer", "fault"))
    writer.writerows(rows)
    return table.getvalue().encode("utf-8", "backslashreplace")


def _add_entry(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file to a zip archive, uncompressed and with a fixed date, so that equal contents give equal bytes."""
    archive.writestr(zipfile.ZipInfo(name), content)
