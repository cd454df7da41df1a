"""Lines of the last pipeline run, for the benchmarks that score a reader."""

import csv
from collections.abc import Iterator
from pathlib import Path

from netchu.core.folding import LabelsParams
from netchu.core.params import Section, read_params
from netchu.core.tables import open_lines, read_rows
from netchu.pictures.illumination import to_grey
from netchu.pictures.images import decode_image

CLEAN_LINES = Path("data/clean/lines.parquet")
PREPROCESSED_LINES = Path("data/preprocess/lines.parquet")
SPLIT = Path("data/split/lines.csv")


class _Params(Section):
    """Groups of params.yaml."""

    labels: LabelsParams


def read_labels() -> LabelsParams:
    """Return the sources that params.yaml scores without case or punctuation."""
    return read_params(_Params).labels


def read_pictures(subset: str) -> Iterator[dict]:
    """Yield id, source, text and `image` of the lines of a subset; the image is the original picture in grey."""
    with SPLIT.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file) if row["subset"] == subset}
    for row in read_rows(open_lines(CLEAN_LINES), ["id", "source", "text", "image"]):
        if row["id"] in ids:
            yield row | {"image": to_grey(decode_image(row["image"]))}
