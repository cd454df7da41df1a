"""The labelled lines of an archive, whose folders have one of three layouts.

A label file identifies its layout. One archive may contain all layouts, at any depth:

- Cinnamon: a folder of images with `labels.json`, {"name": "text"}, and optionally `writers.json`, {"name": "writer"}.
- Kalapa: `images/<writer>/<n>.jpg` with `annotations/<writer>.txt`, lines `<writer>/<n>.jpg<TAB>text`.
- Table: a CSV or TSV file beside the images, with the columns file, text and optionally writer, subset and fault. A
  line with a fault is rejected.

To add a layout, write a function like `_read_table` and choose it in `_choose_layout`. Transcribed pages are no layout:
`netchu.intake.page_archives` turns them into a table first.
"""

import csv
import json
import posixpath
import re
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.core.printing import escape_unprintable
from netchu.core.tables import SUBSETS
from netchu.intake.archives import list_entries, read_entry
from netchu.intake.encodings import decode_legacy, describe_encoding, detect_encoding, to_unicode

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled line and the path of its image in the archive."""

    id: str  # <source>/<path>
    source: str  # the archive's name without .zip
    writer: str | None  # <source>/<writer>, so that the writers "12" of two archives differ
    subset: str | None  # one of SUBSETS if the data assigns one
    text: str  # as labelled, in Unicode
    path: str  # of the image, in the archive


class Fault(NamedTuple):
    """A label or an image that is not a valid line, with the reason for its rejection."""

    id: str  # <source>/<path in the archive, or as the label names it>
    reason: str  # no_image, no_label, malformed_label, unknown_subset
    detail: str


def list_lines(archive: zipfile.ZipFile, encoding: str | None = "unicode") -> tuple[list[Label], list[Fault]]:
    """Return the labels of `archive` that have an image, and the faults of all other labels and images, sorted by id.

    An image with two labels is in the list twice, with the same id.

        with open_archive(Path("lines.zip")) as archive:
            labels, faults = list_lines(archive)

    Args:
        encoding: of the labels: unicode or a key of ENCODINGS. None accepts each of these, to list lines whose texts
            do not matter.

    Raises:
        NetchuError: the archive has no label file, or one that cannot be read or looks like another encoding; names the
            file, and the line or the encoding.
    """
    names = list_entries(archive)
    index = _FileIndex(names)
    labels, faults, labelled = [], [], set()
    has_label_file = False
    unrelated_table = ""
    for name in names:
        read_layout = _choose_layout(name, index)
        if read_layout is None:
            continue
        if read_layout is _read_table and not _is_label_table(archive, name):
            unrelated_table = unrelated_table or name
            continue
        has_label_file = True
        items = list(read_layout(archive, name, index, encoding))
        texts = (item.text for item in items if isinstance(item.text, str))
        if encoding == "unicode" and (likely := detect_encoding(texts)):
            raise NetchuError(f"{archive.filename}: {name}: not in Unicode; {describe_encoding(likely)}")
        for item in items:
            item = _convert(item, index, encoding or "unicode")
            line = _resolve(item, archive, index)
            (labels if isinstance(line, Label) else faults).append(line)
            # Also for a fault: the image is then not listed a second time, as an image without a label.
            labelled.add(index.find(item.path))
    if not has_label_file and unrelated_table:
        raise NetchuError(
            f"{archive.filename}: {unrelated_table}: line 1: expected the columns file, text[, writer][, subset], "
            "in UTF-8"
        )
    if not has_label_file:
        raise NetchuError(
            f"{archive.filename}: no labels found; expected labels.json beside the images, annotations/<writer>.txt "
            "beside images/, a .csv or .tsv with the columns file and text, or pages in PAGE XML, ALTO XML or Label "
            "Studio's JSON"
        )
    source = _source_name(archive)
    for name in names:
        if name.lower().endswith(IMAGE_SUFFIXES) and name not in labelled:
            faults.append(Fault(f"{source}/{name}", "no_label", ""))
    return sorted(labels, key=lambda label: label.id), sorted(faults)


@dataclass(frozen=True, slots=True)
class _Item:
    """The entry of a label file for one image, whose image may be missing in the archive."""

    path: str
    text: object
    writer: str | None = None
    subset: str | None = None
    fault: str = ""


class _FileIndex:
    """An index of files that tolerates changes of names between operating systems."""

    def __init__(self, names: list[str]):
        # By themselves, so that `find` returns these strings, not equal copies.
        self.names = {name: name for name in names}
        self.folders = {""}
        self._by_simple_name: dict[str, str | None] = {}
        for name in names:
            folder = posixpath.dirname(name)
            while folder not in self.folders:
                self.folders.add(folder)
                folder = posixpath.dirname(folder)
            simple_name = _simplify_name(name)
            # None if two files have one simple name: then only the exact name identifies a file.
            self._by_simple_name[simple_name] = None if simple_name in self._by_simple_name else name

    def find(self, path: str) -> str | None:
        """Return the name of the file to which `path` refers, or None."""
        return self.names.get(path) or self._by_simple_name.get(_simplify_name(path))


def _simplify_name(name: str) -> str:
    """Return `name` in NFC, without `./`, with forward slashes and its extension in lower case.

    macOS decomposes names, older Windows programs write backslashes, and cameras write .JPG.
    """
    name = posixpath.normpath(name.replace("\\", "/"))
    stem, suffix = posixpath.splitext(unicodedata.normalize("NFC", name))
    return stem + suffix.lower()


def _choose_layout(
    name: str, index: _FileIndex
) -> Callable[[zipfile.ZipFile, str, _FileIndex, str | None], Iterator[_Item]] | None:
    """Return the function that reads the file `name` if it is a label file, else None."""
    folder, base = posixpath.split(name)
    if base.lower() == "labels.json":
        return _read_cinnamon
    if base.lower().endswith(".txt") and posixpath.basename(folder) == "annotations":
        return _read_kalapa if posixpath.join(posixpath.dirname(folder), "images") in index.folders else None
    if base.lower().endswith((".csv", ".tsv")):
        return _read_table
    return None


def _convert(item: _Item, index: _FileIndex, encoding: str) -> _Item:
    """Return the item with its text, its writer and, where no file has its path, its path in Unicode."""
    return replace(
        item,
        path=item.path if index.find(item.path) else to_unicode(item.path, encoding),
        text=to_unicode(item.text, encoding) if isinstance(item.text, str) else item.text,
        writer=item.writer and to_unicode(item.writer, encoding),
    )


def _resolve(item: _Item, archive: zipfile.ZipFile, index: _FileIndex) -> Label | Fault:
    """Return the Label of an item that has an image and valid values, else its Fault."""
    source = _source_name(archive)
    path = index.find(item.path)
    line_id = f"{source}/{escape_unprintable(path or item.path)}"
    if item.fault:
        return Fault(line_id, "malformed_label", item.fault)
    if not isinstance(item.text, str):
        return Fault(line_id, "malformed_label", f"{escape_unprintable(json.dumps(item.text))[:80]} is not text")
    if path is None:
        return Fault(line_id, "no_image", escape_unprintable(item.text))
    if item.subset is not None and item.subset not in SUBSETS:
        return Fault(line_id, "unknown_subset", f"{item.subset!r} is not one of {', '.join(SUBSETS)}")
    writer = escape_unprintable(normalise(item.writer or ""))
    # One string for all lines of a writer.
    writer = sys.intern(f"{source}/{writer}") if writer else None
    return Label(line_id, source, writer, item.subset, item.text, path)


def _read_cinnamon(archive: zipfile.ZipFile, name: str, index: _FileIndex, encoding: str | None) -> Iterator[_Item]:
    """Yield the items of a labels.json."""
    folder = posixpath.dirname(name)
    writers_file = posixpath.join(folder, "writers.json")
    writers = dict(_read_object(archive, writers_file, encoding)) if writers_file in index.names else {}
    writers_index = _FileIndex(list(writers))
    # A whole word: "1015_Private Test" is an official test set, "latest" is not.
    is_test = re.search(r"(?<![^\W\d_])tests?(?![^\W\d_])", posixpath.basename(folder), re.IGNORECASE)
    for image, text in _read_object(archive, name, encoding):
        writer, fault = writers.get(writers_index.find(image)), ""
        if type(writer) is int:  # not isinstance: a bool is an int
            writer = str(writer)
        elif not isinstance(writer, str | None):
            fault = f"{writers_file}: the writer {escape_unprintable(json.dumps(writer))[:80]} is not text"
        path = posixpath.normpath(posixpath.join(folder, image))
        yield _Item(path, text, writer, "test" if is_test else None, fault)


def _read_kalapa(archive: zipfile.ZipFile, name: str, index: _FileIndex, encoding: str | None) -> Iterator[_Item]:
    """Yield the items of the text file of one writer."""
    folder, base = posixpath.split(name)
    images = posixpath.join(posixpath.dirname(folder), "images")
    # Not splitlines(), which also splits at characters that a text may contain, such as U+2028.
    for number, line in enumerate(_read_text(archive, name, encoding).split("\n"), start=1):
        if not line.strip():
            continue
        image, tab, text = line.partition("\t")
        fault = ""
        if not tab:
            image = line.split()[0]  # probably
            fault = f"{name}: line {number}: no tab between file and text"
        path = posixpath.normpath(posixpath.join(images, image.strip()))
        yield _Item(path, text, posixpath.splitext(base)[0], fault=fault)


def _is_label_table(archive: zipfile.ZipFile, name: str) -> bool:
    """Return whether a table has the columns file and text; other tables may be beside the images."""
    # Not _read_text: an unrelated table may have any encoding.
    header = (read_entry(archive, name)[:10_000].decode("utf-8-sig", "replace").splitlines() or [""])[0]
    return {"file", "text"} <= set(_column_names(next(csv.reader([header], delimiter=_find_delimiter(header)), [])))


def _column_names(header: list[str]) -> list[str]:
    """Return the names of the columns in lower case."""
    return [column.strip().lower() for column in header]


def _find_delimiter(header: str) -> str:
    """Return the most frequent of tab, comma and semicolon in a header."""
    # Excel separates the columns of a CSV by semicolons where the comma is the decimal mark, as in Vietnam.
    return max(("\t", ",", ";"), key=header.count)


def _read_table(archive: zipfile.ZipFile, name: str, index: _FileIndex, encoding: str | None) -> Iterator[_Item]:
    """Yield the items of a CSV or TSV file."""
    text = _read_text(archive, name, encoding)
    delimiter = _find_delimiter(text.partition("\n")[0])
    # Not io.StringIO, which needs four bytes for each character.
    rows = csv.reader(_split_lines(text), delimiter=delimiter, strict=True)
    try:
        columns = _column_names(next(rows))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(columns, row, strict=False))
            image = cells.get("file", "").strip().replace("\\", "/")
            fault = cells.get("fault", "")
            if len(row) != len(columns):
                fault = f"line {rows.line_num}: {len(row)} columns instead of {len(columns)}; quote text with commas"
            yield _Item(
                posixpath.normpath(posixpath.join(posixpath.dirname(name), image)),
                cells.get("text", ""),
                cells.get("writer", "").strip() or None,
                cells.get("subset", "").strip().lower() or None,
                fault,
            )
    except csv.Error as error:
        problem = f"line {rows.line_num}: {error}; check that every quotation mark is closed"
        raise NetchuError(f"{archive.filename}: {name}: {problem}") from None


def _split_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, each with its line break; no other character separates lines."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _read_object(archive: zipfile.ZipFile, name: str, encoding: str | None) -> list[tuple[str, object]]:
    """Return the pairs of a JSON object in order, as a list, because a dict would drop repeated names."""
    location = f"{archive.filename}: {name}"
    try:
        value = json.loads(_read_text(archive, name, encoding), object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        raise NetchuError(f"{location}: line {error.lineno}: not valid JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise NetchuError(f"{location}: not valid JSON: {error}") from None
    if not isinstance(value, _Pairs):
        raise NetchuError(f'{location}: expected one object {{"file": "text", ...}}')
    return value


class _Pairs(list):
    """The pairs of a JSON object, in a class that distinguishes them from a JSON array."""


def _read_text(archive: zipfile.ZipFile, name: str, encoding: str | None) -> str:
    """Return the text of a file with Unix line ends; raise NetchuError where it is neither UTF-8 nor in `encoding`."""
    data = read_entry(archive, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = decode_legacy(data)
        likely = detect_encoding([text], valid_utf8=False)
        if encoding == "unicode" or (encoding is None and likely is None):
            line = data.count(b"\n", 0, error.start) + 1
            problem = f"line {line}: not UTF-8; {describe_encoding(likely)}"
            raise NetchuError(f"{archive.filename}: {name}: {problem}") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _source_name(archive: zipfile.ZipFile) -> str:
    """Return the name of the archive without .zip."""
    return Path(archive.filename).stem
