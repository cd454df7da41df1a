"""How much worse lines are read from a bad photograph: `python -m benchmarks.photographs [MODEL] [--show FILE]`.

Every validation line of the last run is photographed anew: laid on ruled paper, unevenly lit, turned, seen askew,
blurred, grainy, saved as a poor JPEG. Prints CER, WER and SER of the lines and of their photographs, by source.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from netchu.core.tables import open_lines, read_rows
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import to_grey

LINES, SPLIT = Path("data/clean/lines.parquet"), Path("data/split/lines.csv")


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


def validation_lines() -> Iterator[dict]:
    """Rows of the clean table, `image` as a grey picture."""
    with SPLIT.open(encoding="utf-8", newline="") as file:
        ids = {row["id"] for row in csv.DictReader(file) if row["subset"] == "validation"}
    for row in read_rows(open_lines(LINES), ["id", "source", "text", "image"]):
        if row["id"] in ids:
            yield row | {"image": to_grey(decode_image(row["image"]))}
