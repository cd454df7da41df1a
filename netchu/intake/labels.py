"""Lists the labelled lines of an archive, whichever of three layouts its folders have.

Found by looking inside; one archive may mix them, at any depth:

- Cinnamon: a folder of images with `labels.json`, {"name": "text"}, and optionally `writers.json`, {"name": "writer"}.
- Kalapa: `images/<writer>/<n>.jpg` with `annotations/<writer>.txt`, lines `<writer>/<n>.jpg<TAB>text`.
- Table: a CSV or TSV with the columns file, text and optionally writer, subset and fault, beside the images; a line
  with a fault is rejected for it.
"""

import csv
import io
import json
import posixpath
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.core.tables import SUBSETS
from netchu.intake.archives import entries, printable, read_entry

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Label:
    """One line: its image's place in the archive and what is said of it."""

    id: str  # <source>/<path>
    source: str  # the archive's name without .zip
    writer: str | None  # <source>/<writer>, so that the writers "12" of two archives differ
    subset: str | None  # one of SUBSETS where the data names one
    text: str  # as it came
    path: str  # of the image, in the archive


class Fault(NamedTuple):
    """A label or an image that makes no line."""

    id: str  # <source>/<path as the label gives it>
    reason: str  # no_image, no_label, malformed_label, unknown_subset
    detail: str


def list_lines(archive: zipfile.ZipFile) -> tuple[list[Label], list[Fault]]:
    """The labels of `archive` that have an image, and what is wrong with its other labels and images; each by id.

    An image labelled twice is listed twice, under one id.

    Raises:
        NetchuError: no label file, or one that cannot be read: it names the file and the line.
    """
    names = entries(archive)
    index = _Index(names)
    labels, faults, labelled = [], [], set()
    found = False
    stray = ""
    for name in names:
        read = _reader(name, index)
        if read is _read_table and not _is_label_table(archive, name):
            stray = stray or name
            continue
        if read is None:
            continue
        found = True
        for item in read(archive, name, index):
            line = _resolve(item, archive, index)
            (labels if isinstance(line, Label) else faults).append(line)
            # An image whose label is at fault is counted once, for that fault.
            labelled.add(index.find(item.path))
    if not found and stray:
        raise NetchuError(
            f"{archive.filename}: {stray}: line 1: expected the columns file, text[, writer][, subset], in UTF-8"
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
    """What a label file says of one image, not yet compared with the images there are."""

    path: str
    text: object
    writer: str | None = None
    subset: str | None = None
    fault: str = ""


class _Index:
    """Finds an image by the name that a label gives it, tolerating what moving between systems changes."""

    def __init__(self, names: list[str]):
        self.names = set(names)
        self._loose: dict[str, str | None] = {}
        for name in names:
            # None where two names differ only so: only the exact name tells them apart.
            self._loose[_loose(name)] = None if _loose(name) in self._loose else name

    def find(self, path: str) -> str | None:
        return path if path in self.names else self._loose.get(_loose(path))


def _loose(name: str) -> str:
    """`name` in NFC (macOS decomposes names), without `./`, with slashes and its extension in lower case.

    Older Windows programs write backslashes; cameras write .JPG.
    """
    name = posixpath.normpath(name.replace("\\", "/"))
    stem, suffix = posixpath.splitext(unicodedata.normalize("NFC", name))
    return stem + suffix.lower()


def _reader(name: str, index: _Index):
    folder, base = posixpath.split(name)
    if base.lower() == "labels.json":
        return _read_cinnamon
    if base.lower().endswith(".txt") and posixpath.basename(folder) == "annotations":
        images = posixpath.join(posixpath.dirname(folder), "images", "")
        return _read_kalapa if any(other.startswith(images) for other in index.names) else None
    if base.lower().endswith((".csv", ".tsv")):
        return _read_table
    return None


def _resolve(item: _Item, archive: zipfile.ZipFile, index: _Index) -> Label | Fault:
    source = _source(archive)
    path = index.find(item.path)
    identity = f"{source}/{printable(path or item.path)}"
    if item.fault:
        return Fault(identity, "malformed_label", item.fault)
    if not isinstance(item.text, str):
        return Fault(identity, "malformed_label", f"{printable(json.dumps(item.text))[:80]} is not text")
    if path is None:
        return Fault(identity, "no_image", printable(item.text))
    if item.subset is not None and item.subset not in SUBSETS:
        return Fault(identity, "unknown_subset", f"{item.subset!r} is not one of {', '.join(SUBSETS)}")
    writer = printable(normalise(item.writer or ""))
    return Label(identity, source, f"{source}/{writer}" if writer else None, item.subset, item.text, path)


def _read_cinnamon(archive: zipfile.ZipFile, name: str, index: _Index) -> Iterator[_Item]:
    folder = posixpath.dirname(name)
    other = posixpath.join(folder, "writers.json")
    writers = dict(_read_object(archive, other)) if other in index.names else {}
    named = _Index(list(writers))
    # As a whole word: "1015_Private Test" is an official test set, "latest" is not.
    own_name = posixpath.basename(folder)
    subset = "test" if re.search(r"(?<![^\W\d_])tests?(?![^\W\d_])", own_name, re.IGNORECASE) else None
    for image, text in _read_object(archive, name):
        writer, fault = writers.get(named.find(image)), ""
        if type(writer) is int:  # not bool, which is an int
            writer = str(writer)
        elif not isinstance(writer, str | None):
            fault = f"{other}: the writer {printable(json.dumps(writer))[:80]} is not text"
        yield _Item(posixpath.normpath(posixpath.join(folder, image)), text, writer, subset, fault)


def _read_kalapa(archive: zipfile.ZipFile, name: str, index: _Index) -> Iterator[_Item]:
    folder, base = posixpath.split(name)
    images = posixpath.join(posixpath.dirname(folder), "images")
    # Not splitlines(), which also breaks at characters that may stand in a text, such as U+2028.
    for number, line in enumerate(_read_text(archive, name).split("\n"), start=1):
        if not line.strip():
            continue
        image, tab, text = line.partition("\t")
        fault = ""
        if not tab:
            # As far as one can tell, so that its image is not listed as one without a label.
            image = line.split()[0]
            fault = f"{name}: line {number}: no tab between file and text"
        path = posixpath.normpath(posixpath.join(images, image.strip()))
        yield _Item(path, text, posixpath.splitext(base)[0], fault=fault)


def _is_label_table(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether the first line of a table has the columns that labels need; other tables may lie beside the images."""
    # Not _read_text: a table of something else may have any encoding.
    head = (read_entry(archive, name)[:10_000].decode("utf-8-sig", "replace").splitlines() or [""])[0]
    return {"file", "text"} <= set(_columns(next(csv.reader([head], delimiter=_delimiter(head)), [])))


def _columns(header: list[str]) -> list[str]:
    return [column.strip().lower() for column in header]


def _delimiter(header: str) -> str:
    # Excel separates a CSV's columns by semicolons wherever the comma is the decimal mark, as in Vietnam.
    return max(("\t", ",", ";"), key=header.count)


def _read_table(archive: zipfile.ZipFile, name: str, index: _Index) -> Iterator[_Item]:
    text = _read_text(archive, name)
    place = f"{archive.filename}: {name}"
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
        raise NetchuError(f"{place}: line {rows.line_num}: {error}; is a quotation mark not closed?") from None


def _read_object(archive: zipfile.ZipFile, name: str) -> list[tuple[str, object]]:
    """The pairs of a JSON object, in order; a list and not a dict, so that a repeated name is seen."""
    place = f"{archive.filename}: {name}"
    try:
        value = json.loads(_read_text(archive, name), object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        raise NetchuError(f"{place}: line {error.lineno}: not valid JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise NetchuError(f"{place}: not valid JSON: {error}") from None
    if not isinstance(value, _Pairs):
        raise NetchuError(f'{place}: expected one object {{"file": "text", ...}}')
    return value


class _Pairs(list):
    """A JSON object as its pairs, told apart from a JSON array."""


def _read_text(archive: zipfile.ZipFile, name: str) -> str:
    data = read_entry(archive, name)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NetchuError(f"{archive.filename}: {name}: line {line}: not UTF-8; save it as UTF-8") from None


def _source(archive: zipfile.ZipFile) -> str:
    return Path(archive.filename).stem
