"""Tables of lines: Parquet, written deterministically and read in constant memory, and CSV for rejected lines."""

import contextlib
import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path

ROW_GROUP = 64
"""Lines per row group, the unit in which tables are streamed: about 4 MB of photographs or 1 MB of line images."""

SUBSETS = ("train", "validation", "test")

CLEAN_COLUMNS = pa.schema(
    [
        ("id", pa.string()),  # <archive>/<path in the archive>, unique
        ("source", pa.string()),  # the archive's name
        ("writer", pa.string()),  # <archive>/<name>, null where unknown
        ("subset", pa.string()),  # one of SUBSETS if the data assigns one, else null
        ("text", pa.string()),  # transcription, NFC
        ("image", pa.binary()),  # the image file, unchanged
    ]
)

LINE_COLUMNS = CLEAN_COLUMNS.append(pa.field("width", pa.int32()))
"""Columns after preprocessing: `image` is now a greyscale PNG of fixed height, `width` its width in pixels."""


class LineWriter:
    """A Parquet file to which rows are appended in groups of ROW_GROUP; made by `write_lines`."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema):
        self._writer, self._schema, self._rows = writer, schema, []
        self.count = 0

    def append(self, row: dict) -> None:
        """Add a row; write the group when it is full."""
        self._rows.append(row)
        self.count += 1
        if len(self._rows) == ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that no group holds yet."""
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema), row_group_size=ROW_GROUP)
            self._rows = []


@contextlib.contextmanager
def write_lines(path: Path, schema: pa.Schema, metadata: dict | None = None) -> Iterator[LineWriter]:
    """Yield a LineWriter; `path` appears, complete, when the block ends without an exception.

    `metadata` describes all lines, such as the parameters of preprocessing; it is stored as JSON in the file's schema.

        with write_lines(path, CLEAN_COLUMNS) as lines:
            lines.append({"id": "a/1.png", ...})
    """
    schema = schema.with_metadata({"netchu": json.dumps(metadata or {}, sort_keys=True)})
    with (
        atomic_path(path) as temporary,
        # Images are compressed already; texts and ids would gain little.
        pq.ParquetWriter(temporary, schema, compression="none", use_dictionary=False) as writer,
    ):
        lines = LineWriter(writer, schema)
        yield lines
        lines.flush()


def write_rejected(path: Path, rows: Iterable[tuple[str, str, str]]) -> None:
    """Write a sorted CSV of rejected lines: id, reason and detail."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "reason", "detail"))
        writer.writerows(sorted(rows))


def open_lines(path: Path) -> pq.ParquetFile:
    """Open a table of lines; raise NetchuError if the file is damaged."""
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise NetchuError(f"{path}: not a readable Parquet file ({error}); delete it and run `dvc repro`") from None


def read_metadata(file: pq.ParquetFile) -> dict:
    """Return the `metadata` given to `write_lines`."""
    return json.loads((file.schema_arrow.metadata or {}).get(b"netchu", b"{}"))


def read_rows(file: pq.ParquetFile, columns: list[str] | None = None) -> Iterator[dict]:
    """Yield the rows as dictionaries, with one row group in memory at a time."""
    for group in range(file.num_row_groups):
        yield from file.read_row_group(group, columns=columns).to_pylist()
