"""How well a reader reads lines, and bad photographs of them: `python -m benchmarks.photographs [READER]`.

Every validation line of the last run (or, with --subset test, every test line) is read as it is, and photographed anew:
laid on ruled paper, unevenly lit, turned, seen askew, blurred, grainy, saved as a poor JPEG. Prints CER, WER and SER of
both by source, greedy and with the language model, and the expected calibration error of the words' confidence. Lines
of the sources under labels.folded in params.yaml are scored without case and punctuation. `--show FILE`
writes a picture of some photographs.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from netchu.core.folding import LabelsParams
from netchu.core.parallel import ordered_map
from netchu.core.params import Section, read_params
from netchu.core.tables import open_lines, read_rows
from netchu.evaluation.calibration import expected_calibration_error, reliability, right_words
from netchu.evaluation.metrics import error_rates
from netchu.evaluation.scoring import score
from netchu.pictures.illumination import to_grey
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.lines import read_lines
from netchu.reading.reader import Decoder, Reader

LINES, SPLIT = Path("data/clean/lines.parquet"), Path("data/split/lines.csv")
RATES = ("cer", "wer", "ser")


class Labels(Section):
    """What this reads of params.yaml."""

    labels: LabelsParams


def photograph(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A bad photograph, uint8 grey, of the writing in `grey`, uint8 `(height, width)`, dark on light."""
    ink = np.clip(1 - grey / np.float32(np.percentile(grey, 90)), 0, 1) * rng.uniform(0.6, 0.95)
    margin = round(0.3 * len(ink))
    ink = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    height, width = ink.shape
    paper = np.ones_like(ink)
    spacing = rng.uniform(0.4, 0.7) * height
    for y in np.arange(rng.uniform(0, spacing), height, spacing):
        cv2.line(paper, (0, int(y)), (width, int(y)), rng.uniform(0.65, 0.9), int(rng.integers(1, 4)), cv2.LINE_AA)
    # Light from one side, and the soft edge of a shadow.
    across = np.linspace(0, 1, width, dtype=np.float32)[:: rng.choice([-1, 1])]
    edge = 1 / (1 + np.exp(-(across - rng.uniform(0.2, 0.8)) * rng.uniform(5, 40)))
    down = np.linspace(1, rng.uniform(0.8, 1), height, dtype=np.float32)[:, None]
    light = down * (1 - rng.uniform(0.1, 0.35) * across - rng.uniform(0, 0.3) * edge)
    picture = 235 * light * paper * (1 - ink)
    # A camera that is neither level nor straight above the page, and farther away than a scanner.
    scale = rng.uniform(0.45, 0.8)
    turn = rng.uniform(-0.012, 0.012) * width
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.06, 0.06, (4, 2)) * height
    moved[:, 1] += np.array([-turn, turn, turn, -turn]) / 2 + abs(turn) / 2
    size = round(scale * width), round(scale * (height + abs(turn)))
    matrix = cv2.getPerspectiveTransform(corners, np.float32(scale * moved))
    picture = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.0)) + rng.normal(0, rng.uniform(1, 5), picture.shape)
    quality = int(rng.integers(35, 80))
    jpeg = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)


def read_subset(name: str) -> Iterator[dict]:
    """Rows of the clean table that belong to a subset, `image` as a grey picture."""
    with SPLIT.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file) if row["subset"] == name}
    for row in read_rows(open_lines(LINES), ["id", "source", "text", "image"]):
        if row["id"] in ids:
            yield row | {"image": to_grey(decode_image(row["image"]))}


def measure(reader: Reader, rows: list[dict], pictures: list[np.ndarray], folded: list[str]) -> None:
    """Print the figures of `pictures`, one a row, decoded in both ways."""
    params = PreprocessParams(**reader.model.preprocess)
    images = [line_image(picture, params) for picture in pictures]
    for decoder in get_args(Decoder):
        readings = list(read_lines(iter(images), reader.network(decoder), reader.decode(decoder), ordered_map))
        for source in sorted({row["source"] for row in rows}):
            texts, confidences, right = [], [], []
            for row, reading in zip(rows, readings, strict=True):
                if row["source"] == source:
                    scored = score(row["text"], reading, source in folded)
                    texts.append((scored.reference, scored.prediction))
                    confidences += scored.confidences
                    right += right_words(*texts[-1])
            rates = error_rates(*zip(*texts, strict=True))
            error = 100 * expected_calibration_error(reliability(confidences, right))
            figures = (
                f"{key} {rates[key]:.2f} ({rates[key + '_low']:.2f}-{rates[key + '_high']:.2f})" for key in RATES
            )
            print(f"  {decoder:7} {source:20} {len(texts):4} lines  {'  '.join(figures)}  ece {error:.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path, nargs="?", default=Path("models/reader"))
    parser.add_argument("--subset", choices=("validation", "test"), default="validation")
    parser.add_argument("--show", type=Path)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = list(read_subset(arguments.subset))
    photographs = [photograph(row["image"], rng) for row in rows]
    if arguments.show:
        shown = [cv2.resize(picture, (1200, 80)) for picture in photographs[:: max(len(photographs) // 12, 1)]]
        cv2.imwrite(str(arguments.show), np.vstack(shown))
    reader = Reader(arguments.reader)
    folded = read_params(Labels).labels.folded
    for title, pictures in (("as they are", [row["image"] for row in rows]), ("photographed", photographs)):
        print(f"{arguments.subset} lines, {title}")
        measure(reader, rows, pictures, folded)


if __name__ == "__main__":
    main()
