"""Corrected lines as a data set in a folder of the user's: PNG images beside a table that the pipeline reads.

`lines.csv` has the columns file, text and writer. An image's name is the hash of its pixels, so the same picture is the
same line wherever and whenever it is saved, and no file ever stands for another picture. A line that is corrected again
has the newer text in the table; the older one, and what was removed, is kept in `.earlier.csv`, which the pipeline does
not see. An image that the table does not name stays: it may belong to a table that was moved or lost.
"""

import contextlib
import csv
import hashlib
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from filelock import FileLock, Timeout

from netchu.core.charset import normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.core.files import write_text
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import list_lines
from netchu.pictures.images import decode_image

DEFAULT_FOLDER = Path.home() / "netchu-lines"
"""Where lines are saved unless the person names another folder."""

TABLE = "lines.csv"

_EARLIER, _LOCK = ".earlier.csv", ".lock"
_COLUMNS = ("file", "text", "writer")
_OWN_IMAGE = re.compile(r"[0-9a-f]{24}\.png")
_PATIENCE = 20
"""Seconds to wait for another process that is saving lines in the same folder."""


class Correction(NamedTuple):
    """A line of the data set."""

    file: str  # of the image, in the folder
    text: str  # NFC
    writer: str  # "" where unknown


def save_lines(folder: Path, lines: Sequence[tuple[np.ndarray, str]], writer: str = "") -> int:
    """Add `lines` to the data set in `folder`, which is made where it is missing: all of them, or none.

    Killed at any moment it leaves a valid data set, and processes that save at the same time lose nothing.

    Args:
        lines: image, uint8 of shape (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA, and text.

    Returns:
        how many of the images were not there before; the others got the new text.

    Raises:
        NetchuError: a text is empty or holds a character that the network cannot write; `folder` cannot be written, or
            holds other things than corrected lines; its table is damaged.
    """
    pictures = dict(_line(image, text, writer) for image, text in lines)
    with _locked(folder) as rows:
        new = _write_images(folder, rows, pictures)
        _replace(folder, rows, {name: line for name, (_, line) in pictures.items()})
    return len(new)


def check_text(text: str) -> str:
    """`text` as it is saved; raises NetchuError where nothing is left of it, or the network could not write it."""
    text = normalise(text)
    if not text:
        raise NetchuError("a line without text cannot be saved; write what it says, or leave it out")
    if unknown := unknown_characters(text):
        raise NetchuError(f"{text!r}: the reader does not know {' '.join(unknown)}; write it otherwise")
    return text


def change_text(folder: Path, file: str, text: str) -> None:
    """Give the line of the image `file` another text; raises NetchuError as `save_lines` does."""
    text = check_text(text)
    with _locked(folder) as rows:
        if file in rows:
            _replace(folder, rows, {file: rows[file]._replace(text=text)})


def remove_line(folder: Path, file: str) -> None:
    """Remove the line of the image `file`, with the image; raises NetchuError as `save_lines` does."""
    with _locked(folder) as rows:
        if file in rows:
            _keep_aside(folder, [rows.pop(file)])
            _write(folder, rows)
            (folder / file).unlink(missing_ok=True)


def read_corrections(folder: Path) -> list[Correction]:
    """The lines of the data set in `folder`, in the order in which they were saved; none where it does not exist yet.

    A line whose image was deleted is left out.

    Raises:
        NetchuError: `folder` is no folder or cannot be read, holds other things, or its table is damaged.
    """
    return [line for line in _read(folder).values() if (folder / line.file).is_file()]


def count_lines(folder: Path) -> int:
    """How many lines `read_corrections` finds; raises as it does."""
    return len(read_corrections(folder))


def import_archive(folder: Path, archive: Path) -> int:
    """Add the lines of a zip that `export_zip` made, or of any other that the pipeline reads: all of them, or none.

    A line that is there already stays as it is, since it may have been corrected after the zip was made.

    Returns:
        how many were not there before.

    Raises:
        NetchuError: the zip, one of its images or one of its texts is damaged or unfit, of which the message names the
            image; none of its labels has an image; for the folder as `save_lines` does.
    """
    pictures = {}
    with open_archive(archive) as opened:
        labels, _ = list_lines(opened)
        for label in labels:
            writer = (label.writer or "").removeprefix(f"{label.source}/")
            try:
                name, line = _line(decode_image(read_entry(opened, label.path)), label.text, writer)
            except NetchuError as error:
                raise NetchuError(f"{label.path}: {error}") from None
            pictures[name] = line
    if not pictures:
        raise NetchuError(f"{archive.name}: holds no labelled line")
    with _locked(folder) as rows:
        new = _write_images(folder, rows, pictures)
        _replace(folder, rows, {name: line for name, (_, line) in pictures.items() if name in new})
    return len(new)


def export_zip(folder: Path, writers: bool = True) -> bytes:
    """The data set in `folder` as a zip archive that the pipeline reads; the same lines make the same bytes.

    Args:
        writers: whether the table says who wrote a line. The pipeline keeps a writer's lines in one subset, so a reader
            that is to learn one hand, and be measured on it, learns from a table that does not.

    Raises:
        NetchuError: there is no line, or as `read_corrections` does.
    """
    lines = sorted(read_corrections(folder))
    if not lines:
        raise NetchuError(f"{folder}: holds no corrected lines yet; save some first")
    columns = _COLUMNS if writers else _COLUMNS[:2]
    files = {TABLE: _table(columns, lines).encode()}
    try:
        files |= {line.file: (folder / line.file).read_bytes() for line in lines}
    except OSError as error:
        raise NetchuError(f"{folder}: cannot be read ({error.strerror})") from None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            # A fixed date and mode; stored, because PNG is compressed already.
            info = zipfile.ZipInfo(f"netchu-lines/{name}")
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return packed.getvalue()


def _line(image: np.ndarray, text: str, writer: str) -> tuple[str, tuple[np.ndarray, Correction]]:
    """The name of an image, with the image and its line; raises NetchuError where they cannot be saved."""
    name = f"{_pixel_hash(image)[:24]}.png"
    return name, (image, Correction(name, check_text(text), normalise(writer)))


def _pixel_hash(image: np.ndarray) -> str:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)) or not image.size:
        raise NetchuError(f"an array of {image.dtype} and shape {image.shape} is no image to save")
    return hashlib.sha256(str(image.shape).encode() + np.ascontiguousarray(image).tobytes()).hexdigest()


def _png(image: np.ndarray) -> bytes:
    orders = {(): None, (3,): cv2.COLOR_RGB2BGR, (4,): cv2.COLOR_RGBA2BGRA}
    order = orders[image.shape[2:]]
    return cv2.imencode(".png", image if order is None else cv2.cvtColor(image, order))[1].tobytes()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[dict[str, Correction]]:
    """The rows of the table by their files, which no other process changes meanwhile."""
    try:
        _read(folder)  # before anything is written into a folder that is not ours
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK, timeout=_PATIENCE):
            rows = _read(folder)
            for leftover in folder.iterdir():  # of a process that was killed while it wrote images
                if leftover.name.startswith(".") and _OWN_IMAGE.fullmatch(leftover.name[1:]):
                    leftover.unlink()
            yield rows
    except Timeout:
        raise NetchuError(f"{folder}: another window is saving lines there; try again in a moment") from None
    except OSError as error:
        raise NetchuError(
            f"{folder}: lines cannot be saved there ({error.strerror or error}); choose another folder"
        ) from None


def _write_images(
    folder: Path, rows: dict[str, Correction], pictures: dict[str, tuple[np.ndarray, Correction]]
) -> set[str]:
    """Write the images that `folder` lacks; the names of those that the table of `rows` does not know."""
    new = pictures.keys() - rows.keys()
    # An image without a row may be damaged, and one with a row may have been deleted.
    missing = [name for name in pictures if name in new or not (folder / name).is_file()]
    for name in missing:
        (folder / f".{name}").write_bytes(_png(pictures[name][0]))
    for name in missing:
        (folder / f".{name}").replace(folder / name)
    return new


def _replace(folder: Path, rows: dict[str, Correction], changes: dict[str, Correction]) -> None:
    """Write the table of `rows` with `changes`, the texts that these replace having been put aside."""
    earlier = [rows[file] for file, line in changes.items() if file in rows and rows[file].text != line.text]
    if earlier:
        _keep_aside(folder, earlier)
    if any(rows.get(file) != line for file, line in changes.items()):
        _write(folder, rows | changes)


def _keep_aside(folder: Path, lines: Sequence[Correction]) -> None:
    """Add `lines`, which are about to leave the table, to the hidden one."""
    kept = folder / _EARLIER
    with kept.open("a", encoding="utf-8", newline="") as file:
        file.write(_table(() if kept.stat().st_size else _COLUMNS, lines))
        file.flush()
        os.fsync(file.fileno())


def _write(folder: Path, rows: dict[str, Correction]) -> None:
    write_text(folder / TABLE, _table(_COLUMNS, rows.values()))


def _table(columns: Sequence[str], lines: Sequence[Correction]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if columns:
        writer.writerow(columns)
    writer.writerows(line[: len(columns) or None] for line in lines)
    return text.getvalue()


def _read(folder: Path) -> dict[str, Correction]:
    """The rows of the table by their files."""
    table = folder / TABLE
    try:
        if not folder.exists():
            return {}
        if not folder.is_dir():
            raise NetchuError(f"{folder}: a file, not a folder; choose another name")
        if not table.exists():
            if any(
                not entry.name.startswith(".") and not _OWN_IMAGE.fullmatch(entry.name) for entry in folder.iterdir()
            ):
                raise NetchuError(
                    f"{folder}: holds other files; choose an empty folder, or one that does not exist yet"
                )
            return {}
        text = table.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise NetchuError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from None
    except UnicodeDecodeError:
        raise NetchuError(f"{table}: not UTF-8; save it as UTF-8") from None
    return _parse(table, text)


def _parse(table: Path, text: str) -> dict[str, Correction]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, Correction] = {}
    try:
        if tuple(next(reader, ())) != _COLUMNS:
            raise NetchuError(
                f"{table}: line 1: not a table of corrected lines ({','.join(_COLUMNS)}); choose another folder"
            )
        for row in reader:
            if not row:
                continue
            if len(row) != len(_COLUMNS) or Path(row[0]).name != row[0] or row[0] in rows:
                raise NetchuError(
                    f"{table}: line {reader.line_num}: expected a file of this folder, named once, its text and its "
                    "writer; mend or remove the line"
                )
            rows[row[0]] = Correction(*row)
    except csv.Error as error:
        raise NetchuError(f"{table}: line {reader.line_num}: {error}; mend or remove the line") from None
    return rows
