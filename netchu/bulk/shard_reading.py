"""Reads the images of a shard, one at a time, and writes its file."""

import functools
import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem

from netchu.bulk.file_systems import open_address
from netchu.bulk.inputs import ID, IMAGE
from netchu.bulk.job import Job, Slice, hash_reader, read_plan, write_shard
from netchu.bulk.output_files import COLUMNS
from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error, escape_unprintable
from netchu.pages.confidences import round_confidence
from netchu.pages.image_files import check_suffix, count_pages, decode_file_page
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader_folders import find_default_reader

_IMAGES_IN_MEMORY = 8
"""Rows of a Parquet file that are in memory at a time; an image may have many megabytes."""


class ShardResult(NamedTuple):
    """Numbers of rows of a shard."""

    rows: int
    failed: int  # rows with an error


class _Image(NamedTuple):
    id: str
    load: Callable[[], bytes]  # returns the image file; raises an exception if that fails


class ShardReader:
    """Reads shards with one thread."""

    def __init__(self, job: Job):
        """Load the reader; raise NetchuError if it is missing, damaged, or not that of the job."""
        folder = Path(job.reader) if job.reader else find_default_reader()
        self._recognizer = Recognizer.load(folder, threads=1)
        if hash_reader(folder) != job.reader_hash:
            raise NetchuError(f"{folder}: on this machine, another reader than where the run was started")
        self._job = job

    def read(self, shard: int, report: Callable[[int], None], fatal: Collection[int] = ()) -> ShardResult:
        """Read a shard and write its file.

        Args:
            report: called with the index of each image in the shard before it is opened.
            fatal: indices of images that ended earlier processes; they become rows with an error.

        Raises:
            OSError: the file cannot be written.
        """
        rows = []
        for index, image in enumerate(_list_images(self._job, read_plan(self._job, shard))):
            if index in fatal:
                rows.append(_make_row(image.id, error="the process that read this image was ended several times"))
                continue
            report(index)
            rows += self._read_image(image)
        write_shard(self._job, shard, rows)
        return ShardResult(len(rows), sum(row["error"] is not None for row in rows))

    def _read_image(self, image: _Image) -> Iterator[dict]:
        """Yield a row for each page of an image file."""
        try:
            data = image.load()
        except Exception as error:  # of the storage, or of a damaged Parquet file
            yield _make_row(image.id, error=f"cannot be opened ({describe_error(error)})")
            return
        pages = count_pages(data)
        for number in range(1, pages + 1):
            yield self._read_page(f"{image.id}, page {number}" if pages > 1 else image.id, data, number)

    def _read_page(self, id: str, data: bytes, number: int) -> dict:
        """Return the row of a page, counted from 1."""
        warnings: list[str] = []
        try:
            picture = decode_file_page(data, number, warnings.append)
            page = self._recognizer.read(picture, self._job.layout, self._job.decoder)
        except NetchuError as error:
            return _make_row(id, error=str(error))
        except Exception as error:  # one image must not end the run
            return _make_row(id, error=f"{type(error).__name__}: {describe_error(error)}")
        words = [
            {"line": number, "text": word.text, "confidence": round_confidence(word.confidence), "box": word.box}
            for number, line in enumerate(page.lines, 1)
            for word in line.words
        ]
        return _make_row(
            id,
            text=page.text,
            confidence=round_confidence(page.confidence),
            words=json.dumps(words, ensure_ascii=False, allow_nan=False),
            error="; ".join(warnings) or None,
        )


def _make_row(id: str, **values) -> dict:
    return dict.fromkeys(COLUMNS.names) | {"id": escape_unprintable(id)} | values


def _list_images(job: Job, slices: list[Slice]) -> Iterator[_Image]:
    """Yield the images of a shard."""
    filesystem, base = open_address(job.base)
    for part in slices:
        path = f"{base.rstrip('/')}/{part.path}"
        if part.path.lower().endswith(".parquet"):
            yield from _list_rows(filesystem, path, part)
        else:
            yield _Image(part.path, functools.partial(_load_file, filesystem, path))


def _load_file(filesystem: FileSystem, path: str) -> bytes:
    check_suffix(Path(path))
    with filesystem.open_input_file(path) as file:
        return file.read()


def _list_rows(filesystem: FileSystem, path: str, part: Slice) -> Iterator[_Image]:
    """Yield the images of rows of a Parquet file; if the file is damaged, yield images that cannot be loaded."""
    position = part.start
    try:
        with filesystem.open_input_file(path) as opened:
            # Buffered, a column is read page by page; else a whole row group would be in memory.
            file = pq.ParquetFile(opened, buffer_size=1 << 16, pre_buffer=False)
            columns = [name for name in (ID, IMAGE) if name in file.schema_arrow.names]
            for batch in _iterate_batches(file, columns, part.start, part.stop):
                for row in batch.to_pylist():
                    name = row.get(ID)
                    id = f"{part.path}, row {position}" if name is None else str(name)
                    yield _Image(id, functools.partial(_take_bytes, row[IMAGE]))
                    position += 1
    except (OSError, pa.ArrowException) as error:
        for row in range(position, part.stop):
            yield _Image(f"{part.path}, row {row}", functools.partial(_raise, error))


def _iterate_batches(file: pq.ParquetFile, columns: list[str], start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows from `start` to `stop`, of as few row groups as possible."""
    groups, first, position = [], None, 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if position < stop and position + rows > start:
            groups.append(group)
            first = position if first is None else first
        position += rows
    position = first
    for batch in file.iter_batches(_IMAGES_IN_MEMORY, groups, columns, use_threads=False):
        low, high = max(start - position, 0), min(stop - position, batch.num_rows)
        position += batch.num_rows
        if low < high:
            yield batch.slice(low, high - low)
        if position >= stop:
            return


def _take_bytes(value: bytes | dict | None) -> bytes:
    data = value["bytes"] if isinstance(value, dict) else value
    if data is None:
        raise NetchuError("no image")
    return data


def _raise(error: Exception) -> bytes:
    raise error
