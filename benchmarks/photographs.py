"""Score a reader on lines as they are and on bad photographs of them: `python -m benchmarks.photographs [READER]`.

Run it in a project whose stages up to `split` have run. It reads every validation line (or test line, with
`--subset test`), then photographs it: the line is laid on ruled paper, unevenly lit, turned, seen askew, blurred, made
grainy and saved as a poor JPEG. It prints CER, WER and SER with 95 % intervals, and the expected calibration error
(ECE) of the words' confidence, by source and decoder. Sources under labels in params.yaml are scored without case or
punctuation. `--show FILE` writes a picture of some photographs.

400 lines take a minute on two cores. Expect the figures of MODEL_CARD.md for models/pretrained and its data.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.pipeline_lines import read_labels, read_pictures
from netchu.core.folding import LabelsParams
from netchu.evaluation.calibration import expected_calibration_error, mark_correct_words, reliability
from netchu.evaluation.metrics import error_rates
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.pictures.encoding import encode_image, write_image
from netchu.pictures.images import decode_image
from netchu.pictures.ink import NoInk
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.decoders import DECODERS
from netchu.reading.reader import Reader

RATES = ("cer", "wer", "ser")


def photograph(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a bad photograph, uint8 grey, of the writing in `grey`, uint8 `(height, width)`, dark on light."""
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
    return decode_image(encode_image(np.clip(picture, 0, 255).astype(np.uint8), ".jpg", quality))


def measure(reader: Reader, rows: list[dict], pictures: list[np.ndarray], labels: LabelsParams) -> Iterator[list[str]]:
    """Read the picture of each row with every decoder; yield the cells of a table row for each decoder and source."""
    params = PreprocessParams(**reader.preprocess)
    images = [_make_line_image(picture, params) for picture in pictures]
    for decoder in DECODERS:
        readings = list(reader.read(zip(rows, images, strict=True), decoder))
        for source in sorted({row["source"] for row in rows}):
            texts, confidences, correct = [], [], []
            for row, reading in readings:
                if row["source"] == source:
                    scored = normalise_for_scoring(row["text"], reading, labels.style_of(source))
                    texts.append((scored.reference, scored.prediction))
                    confidences += scored.confidences
                    correct += mark_correct_words(*texts[-1])
            rates = error_rates(*zip(*texts, strict=True))
            figures = (f"{rates[key]:.2f} ({rates[f'{key}_low']:.2f}–{rates[f'{key}_high']:.2f})" for key in RATES)
            error = 100 * expected_calibration_error(reliability(confidences, correct))
            yield [f"{source}, {decoder}", str(len(texts)), *figures, f"{error:.1f}"]


def _make_line_image(picture: np.ndarray, params: PreprocessParams) -> np.ndarray:
    """Return the line image of a picture; a white one, of which nothing is read, if its writing is too faint."""
    try:
        return line_image(picture, params)
    except NoInk:
        return np.full((params.height, params.height), 255, np.uint8)


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path, nargs="?", default=Path("models/reader"))
    parser.add_argument("--subset", choices=("validation", "test"), default="validation")
    parser.add_argument("--show", type=Path, help="image to write")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = list(read_pictures(arguments.subset))
    photographs = [photograph(row["image"], rng) for row in rows]
    if arguments.show:
        shown = [cv2.resize(picture, (1200, 80)) for picture in photographs[:: max(len(photographs) // 12, 1)]]
        write_image(arguments.show, np.vstack(shown))
    reader, labels = Reader.load(arguments.reader), read_labels()
    for title, pictures in (("as they are", [row["image"] for row in rows]), ("photographed", photographs)):
        columns = [f"{arguments.subset} lines {title}", "lines", "CER %", "WER %", "SER %", "ECE %"]
        print_table(columns, measure(reader, rows, pictures, labels))
        print()


if __name__ == "__main__":
    main()
