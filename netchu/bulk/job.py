"""A bulk run: its input cut into shards, its settings, and its output folder, in which it can be continued."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, FileSystem, FileType

from netchu.bulk.file_systems import hide_secrets, open_address, remove_unfinished, write_atomically
from netchu.bulk.inputs import Input, InputFile, contains, list_files
from netchu.bulk.output_files import COLUMNS, MANIFEST, PLAN, PLAN_COLUMNS, name_shard
from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error

_SHARD_NAME = re.compile(r"part-(\d{7,})\.parquet")


class Slice(NamedTuple):
    """The images from `start` to `stop` of a file of the input."""

    path: str  # below the base of the input
    start: int
    stop: int


@dataclass(frozen=True)
class Job:
    """Everything that a process needs to read shards; all values can be written as JSON."""

    base: str  # address of the folder of the input
    output: str  # address of the output folder
    reader: str | None  # folder; None for the default of each machine
    reader_hash: str
    layout: str
    decoder: str


def prepare_job(job: Job, source: Input, shard_size: int) -> tuple[int, list[int]]:
    """Prepare the output folder; return the number of all shards, and the indices of those that are still missing.

    The plan, a file of the output folder, lists the input. Each of its row groups is a shard.

    Raises:
        NetchuError: the input is empty, or the output folder has results of another input or other settings.
    """
    if contains(source, job.output):
        raise NetchuError(f"{hide_secrets(job.output)}: inside the input; name a folder outside it")
    filesystem, folder = open_address(job.output)
    try:
        existing = _read_manifest(filesystem, folder)
        done = _list_shards(filesystem, folder)
        if done and existing is None:
            raise NetchuError(f"{hide_secrets(job.output)}: has shards but no {MANIFEST}; name another folder")
        remove_unfinished(filesystem, folder)
        with write_atomically(filesystem, f"{folder}/{PLAN}") as stream:
            shards, plan = _write_plan(stream, list_files(source), shard_size)
            manifest = {
                "input": hide_secrets(source.base),
                "pattern": "/".join(source.pattern),
                **plan,
                "images in a shard": shard_size,
                "layout": job.layout,
                "decoder": job.decoder,
                "hash of the reader": job.reader_hash,
            }
            _check_manifest(existing, manifest, hide_secrets(job.output))
        if existing is None:
            with write_atomically(filesystem, f"{folder}/{MANIFEST}") as stream:
                stream.write((json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode())
    except OSError as error:
        raise NetchuError(f"{hide_secrets(job.output)}: cannot be written ({describe_error(error)})") from None
    return shards, [shard for shard in range(shards) if shard not in done]


def read_plan(job: Job, shard: int) -> list[Slice]:
    """Return the slices of a shard."""
    filesystem, folder = open_address(job.output)
    with filesystem.open_input_file(f"{folder}/{PLAN}") as opened:
        return [Slice(**row) for row in pq.ParquetFile(opened).read_row_group(shard, use_threads=False).to_pylist()]


def write_shard(job: Job, shard: int, rows: list[dict]) -> None:
    """Write the rows of a shard."""
    filesystem, folder = open_address(job.output)
    table = pa.Table.from_pylist(rows, COLUMNS)
    with write_atomically(filesystem, f"{folder}/{name_shard(shard)}") as stream:
        pq.write_table(table, stream, compression="zstd")


def hash_reader(folder: Path) -> str:
    """Return a hash of the files of a reader."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.is_file():
            digest.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _write_plan(stream: pa.NativeFile, files: Iterable[InputFile], size: int) -> tuple[int, dict]:
    """Write the plan of shards of `size` images; return the number of shards, and the description of the input."""
    digest, images = hashlib.sha256(), 0

    def describe(files: Iterable[InputFile]) -> Iterator[InputFile]:
        nonlocal images
        for file in files:
            digest.update(f"{file.path}\0{file.size}\0{file.images}\n".encode())
            images += file.images
            yield file

    shards = 0
    with pq.ParquetWriter(stream, PLAN_COLUMNS, compression="zstd") as writer:
        for slices in _cut(describe(files), size):
            writer.write_table(pa.Table.from_pylist([item._asdict() for item in slices], PLAN_COLUMNS))
            shards += 1
    return shards, {"images": images, "hash of names and sizes": digest.hexdigest()}


def _cut(files: Iterable[InputFile], size: int) -> Iterator[list[Slice]]:
    """Yield the slices of each shard; all shards have `size` images, but the last may have fewer.

    >>> list(_cut([InputFile("a", 0, 3), InputFile("b", 0, 2)], 4))
    [[Slice(path='a', start=0, stop=3), Slice(path='b', start=0, stop=1)], [Slice(path='b', start=1, stop=2)]]
    """
    shard, room = [], size
    for file in files:
        start = 0
        while start < file.images:
            stop = min(file.images, start + room)
            shard.append(Slice(file.path, start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield shard
                shard, room = [], size
    if shard:
        yield shard


def _list_shards(filesystem: FileSystem, folder: str) -> set[int]:
    infos = filesystem.get_file_info(FileSelector(folder, allow_not_found=True))
    found = (_SHARD_NAME.fullmatch(info.base_name) for info in infos if info.type == FileType.File)
    return {int(match[1]) for match in found if match}


def _read_manifest(filesystem: FileSystem, folder: str) -> dict | None:
    """Return the manifest in the output folder, or None if there is none; raise NetchuError if it is damaged."""
    path = f"{folder}/{MANIFEST}"
    if filesystem.get_file_info(path).type == FileType.NotFound:
        return None
    try:
        with filesystem.open_input_file(path) as stream:
            return dict(json.loads(stream.read()))
    except (ValueError, TypeError):
        raise NetchuError(f"{path}: not a manifest of netchu bulk; name another output folder") from None


def _check_manifest(existing: dict | None, manifest: dict, output: str) -> None:
    """Raise NetchuError if the manifest of the output folder is not that of this run."""
    for key, value in manifest.items() if existing is not None else ():
        if existing.get(key) != value:
            raise NetchuError(
                f"{output}: has results with {key}: {existing.get(key)!r}, not {value!r}; name another output folder"
            )
