"""The tables of a folder of corrected lines: `lines.csv`, and `.earlier.csv` with texts that were replaced or removed.

Both have the columns file, text and writer. The pipeline reads `lines.csv` and ignores `.earlier.csv`.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from netchu.core.errors import NetchuError
from netchu.core.files import write_text

TABLE = "lines.csv"

COLUMNS = ("file", "text", "writer")

IMAGE_NAME = re.compile(r"[0-9a-f]{24}\.png")
"""Names of the images that this package writes."""

_EARLIER = ".earlier.csv"


class Correction(NamedTuple):
    """A row of the table: a corrected line."""

    file: str  # of the image, in the folder
    text: str  # NFC
    writer: str  # "" where unknown


def read_table(folder: Path) -> dict[str, Correction]:
    """Return the rows of the table in `folder` by their files; none where the folder or its table does not exist.

    Raises:
        NetchuError: `folder` is not a folder, cannot be read or holds other files than corrected lines, or its table is
            damaged.
    """
    table = folder / TABLE
    try:
        if not folder.exists():
            return {}
        if not folder.is_dir():
            raise NetchuError(f"{folder}: a file, not a folder; choose another name")
        if not table.exists():
            if any(not path.name.startswith(".") and not IMAGE_NAME.fullmatch(path.name) for path in folder.iterdir()):
                raise NetchuError(f"{folder}: holds other files; choose an empty or a new folder")
            return {}
        text = table.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise NetchuError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from None
    except UnicodeDecodeError:
        raise NetchuError(f"{table}: not UTF-8; save it as UTF-8") from None
    return _parse_table(table, text)


def write_table(folder: Path, rows: Iterable[Correction]) -> None:
    """Write the table in `folder`, atomically."""
    write_text(folder / TABLE, format_table(COLUMNS, rows))


def append_earlier(folder: Path, rows: Iterable[Correction]) -> None:
    """Append to `.earlier.csv` in `folder` the rows that the table is about to lose."""
    path = folder / _EARLIER
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(format_table(() if path.stat().st_size else COLUMNS, rows))
        file.flush()
        os.fsync(file.fileno())


def format_table(header: Sequence[str], rows: Iterable[Correction]) -> str:
    """Return a CSV of `rows` with these columns, the first of COLUMNS; with an empty header, the rows alone."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows(row[: len(header) or None] for row in rows)
    return text.getvalue()


def _parse_table(table: Path, text: str) -> dict[str, Correction]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, Correction] = {}
    try:
        if tuple(next(reader, ())) != COLUMNS:
            raise NetchuError(
                f"{table}: line 1: not a table of corrected lines ({','.join(COLUMNS)}); choose another folder"
            )
        for row in reader:
            if not row:
                continue
            if len(row) != len(COLUMNS) or Path(row[0]).name != row[0] or row[0] in rows:
                raise NetchuError(
                    f"{table}: line {reader.line_num}: expected a file in this folder, named once, its text and its "
                    "writer; fix or remove the line"
                )
            rows[row[0]] = Correction(*row)
    except csv.Error as error:
        raise NetchuError(f"{table}: line {reader.line_num}: {error}; fix or remove the line") from None
    return rows
