"""The line images of one subset (train, validation or test), streamed from the table that holds all."""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.tables import open_lines, read_metadata, read_rows


class Subset:
    """The lines of `table` (written by the preprocess stage) that `split` (a CSV of id and subset) gives to `name`."""

    def __init__(self, table: Path, split: Path, name: str):
        """Raises NetchuError where no line belongs to the subset."""
        self._file = open_lines(table)
        with split.open(encoding="utf-8", newline="") as file:
            self._ids = {row["id"] for row in csv.DictReader(file) if row["subset"] == name}
        if not self._ids:
            raise NetchuError(f"{split}: no line belongs to {name}; see split.* in params.yaml")
        self.preprocess: dict = read_metadata(self._file)["preprocess"]

    def __len__(self) -> int:
        return len(self._ids)

    def texts(self) -> list[str]:
        """The lines' texts, without their images."""
        return [row["text"] for row in read_rows(self._file, ["id", "text"]) if row["id"] in self._ids]

    def __iter__(self) -> Iterator[dict]:
        """Rows in the table's order: its columns, `image` decoded to uint8 `(height, width)`."""
        for group in range(self._file.num_row_groups):
            for row in self._read_group(group):
                yield row | {"image": decode_image(row["image"])}

    def shuffled(self, rng: np.random.Generator) -> Iterator[dict]:
        """Rows in an order drawn from `rng`: row groups shuffled, and the rows within each.

        `image` is left as it is stored, so that `decode_image` can run where there is a core to spare.
        """
        for group in rng.permutation(self._file.num_row_groups):
            rows = self._read_group(int(group))
            for index in rng.permutation(len(rows)):
                yield rows[index]

    def _read_group(self, group: int) -> list[dict]:
        return [row for row in self._file.read_row_group(group).to_pylist() if row["id"] in self._ids]


def decode_image(stored: bytes) -> np.ndarray:
    """A line image of the table as uint8 `(height, width)`, dark ink on white."""
    return cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_GRAYSCALE)
