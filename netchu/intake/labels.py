"""Listing of the labelled lines of an archive, whose folders have one of three layouts.

The layouts are recognised by their label files. One archive may mix them, at any depth:

- Cinnamon: a folder of images with `labels.json`, {"name": "text"}, and optionally `writers.json`, {"name": "writer"}.
- Kalapa: `images/<writer>/<n>.jpg` with `annotations/<writer>.txt`, lines `<writer>/<n>.jpg<TAB>text`.
- Table: a CSV or TSV file with the columns file, text and optionally writer, subset and fault, beside the images. A
  line with a fault is rejected for it.

To add a layout, write a function like `_read_table` and choose it in `_choose_layout`.
"""

import csv
import io
import json
import posixpath
import re
import unicodedata
import zipfile
from collections.abc import Iterator
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


@dataclass(frozen=True)
class Label:
    """A labelled line and the path of its image in the archive."""

    id: str  # <source>/<path>
    source: str  # the archive's name without .zip
    writer: str | None  # <source>/<writer>, so that the writers "12" of two archives differ
    subset: str | None  # one of SUBSETS if the data assigns one
    text: str  # as labelled, in Unicode
    path: str  # of the image, in the archive


class Fault(NamedTuple):
    """A label or an image that is no valid line, with the reason for its rejection."""

    id: str  # <source>/<path in the archive, or as the label names it>
    reason: str  # no_image, no_label, malformed_label, unknown_subset
    detail: str


def list_lines(archive: zipfile.ZipFile, encoding: str | None = "unicode") -> tuple[list[Label], list[Fault]]:
    """Return the labels of `archive` that have an image, and the faults of all other labels and images, sorted by id.

    An image with two labels is listed twice, under one id.

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
    index = _Index(names)
    labels, faults, labelled = [], [], set()
    found = False
    unrelated_table = ""
    for name in names:
        read = _choose_layout(name, index)
        if read is _read_table and not _is_label_table(archive, name):
            unrelated_table = unrelated_table or name
            continue
        if read is None:
            continue
        found = True
        items = list(read(archive, name, index, encoding))
        texts = (item.text for item in items if isinstance(item.text, str))
        if encoding == "unicode" and (likely := detect_encoding(texts)):
            raise NetchuError(f"{archive.filename}: {name}: not in Unicode; {describe_encoding(likely)}")
        for item in items:
            item = _convert(item, index, encoding or "unicode")
            line = _resolve(item, archive, index)
            (labels if isinstance(line, Label) else faults).append(line)
            # An image with a faulty label is counted once, for that fault.
            labelled.add(index.find(item.path))
    if not found and unrelated_table:
        raise NetchuError(
            f"{archive.filename}: {unrelated_table}: line 1: expected the columns file, text[, writer][, subset], "
            "in UTF-8"
        )
    if not found:
        raise NetchuError(
            f"{archive.filename}: no labels found; expected labels.json beside the images, annotations/<writer>.txt "
            "beside images/, or a .csv or .tsv with the columns file and text"
        )
    source = _source(archive)
    for name in names:
        if name.lower().endswith(IMAGE_SUFFIXES) and name not in labelled:
            faults.append(Fault(f"{source}/{name}", "no_label", ""))
    return sorted(labels, key=lambda label: label.id), sorted(faults)


@dataclass(frozen=True)
class _Item:
    """The entry of a label file for one image, not yet compared with the images in the archive."""

    path: str
    text: object
    writer: str | None = None
    subset: str | None = None
    fault: str = ""


class _Index:
    """An index of files that tolerates changes of names between operating systems."""

    def __init__(self, names: list[str]):
        self.names = set(names)
        self._loose: dict[str, str | None] = {}
        for name in names:
            # None if two names differ in nothing else: then only the exact name identifies a file.
            self._loose[_loose(name)] = None if _loose(name) in self._loose else name

    def find(self, path: str) -> str | None:
        """Return the name of the file that `path` means, or None."""
        return path if path in self.names else self._loose.get(_loose(path))


def _loose(name: str) -> str:
    """Return `name` in NFC, without `./`, with forward slashes and its extension in lower case.

    macOS decomposes names, older Windows programs write backslashes, and cameras write .JPG.
    """
    name = posixpath.normpath(name.replace("\\", "/"))
    stem, suffix = posixpath.splitext(unicodedata.normalize("NFC", name))
    return stem + suffix.lower()


def _choose_layout(name: str, index: _Index):
    """Return the function that reads the file `name` if it is a label file, else None."""
    folder, base = posixpath.split(name)
    if base.lower() == "labels.json":
        return _read_cinnamon
    if base.lower().endswith(".txt") and posixpath.basename(folder) == "annotations":
        images = posixpath.join(posixpath.dirname(folder), "images", "")
        return _read_kalapa if any(file.startswith(images) for file in index.names) else None
    if base.lower().endswith((".csv", ".tsv")):
        return _read_table
    return None


def _convert(item: _Item, index: _Index, encoding: str) -> _Item:
    """Return the item with its text, its writer and, where no file has its path, its path in Unicode."""
    return replace(
        item,
        path=item.path if index.find(item.path) else to_unicode(item.path, encoding),
        text=to_unicode(item.text, encoding) if isinstance(item.text, str) else item.text,
        writer=item.writer and to_unicode(item.writer, encoding),
    )


def _resolve(item: _Item, archive: zipfile.ZipFile, index: _Index) -> Label | Fault:
    """Return the Label of an item that has an image and valid values, else its Fault."""
    source = _source(archive)
    path = index.find(item.path)
    identity = f"{source}/{escape_unprintable(path or item.path)}"
    if item.fault:
        return Fault(identity, "malformed_label", item.fault)
    if not isinstance(item.text, str):
        return Fault(identity, "malformed_label", f"{escape_unprintable(json.dumps(item.text))[:80]} is not text")
    if path is None:
        return Fault(identity, "no_image", escape_unprintable(item.text))
    if item.subset is not None and item.subset not in SUBSETS:
        return Fault(identity, "unknown_subset", f"{item.subset!r} is not one of {', '.join(SUBSETS)}")
    writer = escape_unprintable(normalise(item.writer or ""))
    return Label(identity, source, f"{source}/{writer}" if writer else None, item.subset, item.text, path)


def _read_cinnamon(archive: zipfile.ZipFile, name: str, index: _Index, encoding: str | None) -> Iterator[_Item]:
    """Yield the items of a labels.json."""
    folder = posixpath.dirname(name)
    writers_file = posixpath.join(folder, "writers.json")
    writers = dict(_read_object(archive, writers_file, encoding)) if writers_file in index.names else {}
    writers_index = _Index(list(writers))
    # As a whole word: "1015_Private Test" is an official test set, "latest" is not.
    is_test = re.search(r"(?<![^\W\d_])tests?(?![^\W\d_])", posixpath.basename(folder), re.IGNORECASE)
    for image, text in _read_object(archive, name, encoding):
        writer, fault = writers.get(writers_index.find(image)), ""
        if type(writer) is int:  # not isinstance: a bool is an int
            writer = str(writer)
        elif not isinstance(writer, str | None):
            fault = f"{writers_file}: the writer {escape_unprintable(json.dumps(writer))[:80]} is not text"
        path = posixpath.normpath(posixpath.join(folder, image))
        yield _Item(path, text, writer, "test" if is_test else None, fault)


def _read_kalapa(archive: zipfile.ZipFile, name: str, index: _Index, encoding: str | None) -> Iterator[_Item]:
    """Yield the items of a writer's text file."""
    folder, base = posixpath.split(name)
    images = posixpath.join(posixpath.dirname(folder), "images")
    # Not splitlines(), which also splits at characters that a text may contain, such as U+2028.
    for number, line in enumerate(_read_text(archive, name, encoding).split("\n"), start=1):
        if not line.strip():
            continue
        image, tab, text = line.partition("\t")
        fault = ""
        if not tab:
            # Probably the image; it is then not listed a second time, as an image without a label.
            image = line.split()[0]
            fault = f"{name}: line {number}: no tab between file and text"
        path = posixpath.normpath(posixpath.join(images, image.strip()))
        yield _Item(path, text, posixpath.splitext(base)[0], fault=fault)


def _is_label_table(archive: zipfile.ZipFile, name: str) -> bool:
    """Return whether a table has the columns of labels; there may be other tables beside the images."""
    # Not _read_text: an unrelated table may have any encoding.
    head = (read_entry(archive, name)[:10_000].decode("utf-8-sig", "replace").splitlines() or [""])[0]
    return {"file", "text"} <= set(_columns(next(csv.reader([head], delimiter=_delimiter(head)), [])))


def _columns(header: list[str]) -> list[str]:
    """Return the names of the columns in lower case."""
    return [column.strip().lower() for column in header]


def _delimiter(header: str) -> str:
    """Return the most frequent of tab, comma and semicolon in a header."""
    # Excel separates the columns of a CSV by semicolons where the comma is the decimal mark, as in Vietnam.
    return max(("\t", ",", ";"), key=header.count)


def _read_table(archive: zipfile.ZipFile, name: str, index: _Index, encoding: str | None) -> Iterator[_Item]:
    """Yield the items of a CSV or TSV file."""
    text = _read_text(archive, name, encoding)
    delimiter = _delimiter(text.partition("\n")[0])
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(next(rows))
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


def _read_object(archive: zipfile.ZipFile, name: str, encoding: str | None) -> list[tuple[str, object]]:
    """Return the pairs of a JSON object, in order; a list, because a dict would drop repeated names."""
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
    """The pairs of a JSON object; a class of its own, which distinguishes it from a JSON array."""


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


def _source(archive: zipfile.ZipFile) -> str:
    """Return the name of the archive without .zip."""
    return Path(archive.filename).stem
