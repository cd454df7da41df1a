"""Lines of one subset (train, validation or test), streamed from the table of all lines; storage of line images."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.tables import open_lines, read_metadata, read_rows


class Subset:
    """The lines of `table` (written by the preprocess stage) that `split` (a CSV of id and subset) assigns to `name`.

    Example:
        for row in Subset(Path("data/preprocess/lines.parquet"), Path("data/split/lines.csv"), "test"):
            print(row["id"], row["text"], row["image"].shape)
    """

    def __init__(self, table: Path, split: Path, name: str):
        """Open the table; raise NetchuError if no line belongs to the subset."""
        self._file = open_lines(table)
        with split.open(encoding="utf-8", newline="") as file:
            self._ids = {row["id"] for row in csv.DictReader(file) if row["subset"] == name}
        if not self._ids:
            raise NetchuError(f"{split}: no line belongs to {name}; change split.* in params.yaml")
        self.preprocess: dict = read_metadata(self._file)["preprocess"]

    def __len__(self) -> int:
        return len(self._ids)

    def sources(self) -> dict[str, str]:
        """Return the source of each line by its id, in the table's order."""
        return {row["id"]: row["source"] for row in read_rows(self._file, ["id", "source"]) if row["id"] in self._ids}

    def texts(self) -> list[tuple[str, str]]:
        """Return source and text of each line without reading the images."""
        rows = read_rows(self._file, ["id", "source", "text"])
        return [(row["source"], row["text"]) for row in rows if row["id"] in self._ids]

    def __iter__(self) -> Iterator[dict]:
        """Yield rows in the table's order, with `image` decoded to uint8 `(height, width)`."""
        for group in range(self._file.num_row_groups):
            for row in self._read_group(group):
                yield row | {"image": decode_line_image(row["image"])}

    def shuffled(self, rng: np.random.Generator, uses: Mapping[str, int] = {}) -> Iterator[dict]:
        """Yield rows in random order: row groups shuffled, and the rows within each group.

        `image` stays as stored, so that callers can run `decode_line_image` in parallel.

        Args:
            uses: by line id, how many times to yield the line, 0 or more; lines not named are yielded once.
        """
        for group in rng.permutation(self._file.num_row_groups):
            rows = [row for row in self._read_group(int(group)) for _ in range(uses.get(row["id"], 1))]
            for index in rng.permutation(len(rows)):
                yield rows[index]

    def _read_group(self, group: int) -> list[dict]:
        return [row for row in self._file.read_row_group(group).to_pylist() if row["id"] in self._ids]


def check_sources(parameter: str, named: Collection[str], sources: Iterable[str]) -> None:
    """Raise NetchuError if `parameter` names a source that is not in `sources`, such as a misspelled one."""
    if unknown := set(named) - (known := set(sources)):
        raise NetchuError(
            f"{parameter}: no lines of {', '.join(sorted(unknown))}; choose from {', '.join(sorted(known))}"
        )


def encode_line_image(image: np.ndarray) -> bytes:
    """Return a line image, uint8 `(height, width)`, as PNG for the table."""
    # Level 1 takes a third of the time of the default level, for 5 % more bytes.
    return cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def decode_line_image(stored: bytes) -> np.ndarray:
    """Return a line image of the table as uint8 `(height, width)`, dark ink on white."""
    return cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_GRAYSCALE)
