"""Measure whether a reader writes what is there: `python -m benchmarks.as_written [READER]`.

Run it in a project whose stages up to `split` have run. It prints

- how many drawn words and abbreviations are read as written, in hands that no reader was trained on;
- for the validation lines by source: CER, letters of the wrong case in percent of the characters, and expected
  calibration error (ECE) of the words' confidence;
- the same with each of the reader's language models alone, if it has several, to compare with its own choice;
- for validation lines that begin with a number: how many readings do not begin with one, for the line image as it is
  and cropped where the ink begins;
- the confidence of lines in which there is nothing to read: validation lines upside down and mirrored, blurred noise,
  and characters of random strokes.

Sources under labels in params.yaml are scored without case or punctuation. The 160 lines of the default run take 20
seconds on two cores.
"""

import argparse
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.pipeline_lines import PREPROCESSED_LINES, SPLIT, read_labels
from netchu.core.folding import LabelsParams, LabelStyle
from netchu.core.subsets import Subset
from netchu.evaluation.calibration import expected_calibration_error, mark_correct_words, reliability
from netchu.evaluation.error_kinds import align_texts
from netchu.evaluation.metrics import error_rates
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.decoders import DECODERS
from netchu.reading.line_reading import mean_confidence
from netchu.reading.reader import LANGUAGE_MODELS, Reader
from netchu.synthetic.handwriting import draw_line, sample_writer

CASED_WORDS = ("phường", "quận", "thành phố")

ABBREVIATIONS = (
    "TP.HCM", "Q.1", "P.12", "KP.3", "Q.BT", "TP.VT", "P.ĐK", "KĐT", "HTX", "BQL", "NXB", "CLB", "TDTT", "GTVT",
)  # fmt: skip

HANDS = 20
"""Unseen hands in which each phrase is drawn."""

_HANDS_SEED = 2**20
"""Not a seed of the drawn lines in experiments/shipped, so that the hands are unseen."""

Picture = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def draw_phrases(phrases: Sequence[str], hands: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each phrase, drawn between other words in each of `hands` unseen hands, and its uint8 RGB image."""
    for hand in range(hands):
        writer = sample_writer(np.random.default_rng((_HANDS_SEED, hand)))
        for number, phrase in enumerate(phrases):
            rng = np.random.default_rng((_HANDS_SEED, hand, number))
            yield phrase, draw_line(f"{rng.integers(1, 300)} Lê Lợi, {phrase} Bình An", writer, rng)


def count_as_written(reader: Reader, phrases: Sequence[str], hands: int) -> dict[str, int]:
    """Return for each phrase in how many of `hands` unseen hands the reader finds it exactly as drawn."""
    params = PreprocessParams(**reader.preprocess)
    drawn = ((phrase, line_image(image, params)) for phrase, image in draw_phrases(phrases, hands))
    counts = dict.fromkeys(phrases, 0)
    for phrase, reading in reader.read(drawn):
        counts[phrase] += f" {phrase} " in f" {reading.text} "
    return counts


def wrong_case(reference: str, prediction: str) -> int:
    """Return the number of letters that are right but for their case.

    >>> wrong_case("TP Huế", "Tp huê")
    2
    """
    pairs = align_texts(reference, prediction)
    return sum(left != right and left.lower() == right.lower() for left, right in pairs)


def loses_number(reference: str, prediction: str) -> bool:
    """Return whether `reference` begins with a digit, and `prediction` does not.

    >>> loses_number("12 Lê Lợi", "2 Lê Lợi"), loses_number("12 Lê Lợi", "Lê Lợi")
    (False, True)
    """
    return reference[:1].isdigit() and not prediction[:1].isdigit()


def crop_left(image: np.ndarray) -> np.ndarray:
    """Return a line image, uint8 `(height, width)`, without the columns before the first dark pixel."""
    dark = (image < 128).any(axis=0)
    return np.ascontiguousarray(image[:, dark.argmax() :])


def turn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.ascontiguousarray(image[::-1, ::-1])


def mirror(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.ascontiguousarray(image[:, ::-1])


def make_noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = cv2.GaussianBlur(rng.normal(0, 1, image.shape), (0, 0), rng.uniform(1, 4))
    ink = np.maximum(np.abs(noise) / np.abs(noise).max() - rng.uniform(0.1, 0.4), 0)
    return np.clip(255 - 600 * ink, 0, 255).astype(np.uint8)


def draw_random_strokes(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return square characters of level, upright and slanted strokes, such as an unknown script has."""
    size = len(image)
    drawn = np.full_like(image, 255)
    for left in range(0, image.shape[1] - size, size):
        for _ in range(rng.integers(4, 11)):
            start, end = rng.integers(4, size - 4, (2, 2))
            axis = rng.integers(3)
            if axis < 2:
                end[axis] = start[axis]
            points = [(int(left + x), int(y)) for x, y in (start, end)]
            cv2.line(drawn, *points, 0, int(rng.integers(1, 3)), cv2.LINE_AA)
    return drawn


NONSENSE: dict[str, Picture] = {
    "upside down": turn,
    "mirrored": mirror,
    "noise": make_noise,
    "random strokes": draw_random_strokes,
}
"""Line images, uint8 `(height, width)`, in which there is nothing to read, each made from a line image."""


def tabulate_phrases(reader: Reader, phrases: Sequence[str]) -> Iterator[list[str]]:
    """Yield for each phrase, and for all, how often it is read as drawn."""
    counts = count_as_written(reader, phrases, HANDS)
    for phrase, count in counts.items():
        yield [phrase, f"{count} of {HANDS}"]
    yield ["all", f"{100 * sum(counts.values()) / (HANDS * len(counts)):.1f} %"]


def tabulate_sources(reader: Reader, decoder: str, rows: list[dict], labels: LabelsParams) -> Iterator[list[str]]:
    """Yield for each source its lines, CER, letters of the wrong case in percent of the characters, and ECE."""
    readings = [reading for _, reading in reader.read(((row, row["image"]) for row in rows), decoder)]
    for source in sorted({row["source"] for row in rows}):
        style = labels.style_of(source)
        texts, confidences, correct = [], [], []
        for row, reading in zip(rows, readings, strict=True):
            if row["source"] == source:
                scored = normalise_for_scoring(row["text"], reading, style)
                texts.append((scored.reference, scored.prediction))
                confidences += scored.confidences
                correct += mark_correct_words(*texts[-1])
        cases = sum(wrong_case(*pair) for pair in texts) / sum(len(reference) for reference, _ in texts)
        cer = error_rates(*zip(*texts, strict=True))["cer"]
        ece = 100 * expected_calibration_error(reliability(confidences, correct))
        case = f"{100 * cases:.2f}" if style == LabelStyle.EXACT else ""
        yield [f"{source}, {decoder}", str(len(texts)), f"{cer:.2f}", case, f"{ece:.1f}"]


def tabulate_lost_numbers(reader: Reader, rows: list[dict]) -> Iterator[list[str]]:
    """Yield for the lines of each source that begin with a number how many readings do not."""
    numbered = [row for row in rows if row["text"][:1].isdigit()]
    for source in sorted({row["source"] for row in numbered}):
        chosen = [row for row in numbered if row["source"] == source]
        lost = [
            sum(loses_number(row["text"], reading.text) for row, reading in reader.read(pictures))
            for pictures in (
                ((row, row["image"]) for row in chosen),
                ((row, crop_left(row["image"])) for row in chosen),
            )
        ]
        yield [source, str(len(chosen)), *map(str, lost)]


def tabulate_nonsense(reader: Reader, images: list[np.ndarray]) -> Iterator[list[str]]:
    """Yield for each kind of NONSENSE and decoder the lines in which words are read, and quantiles of confidence."""
    for (name, change), decoder in itertools.product(NONSENSE.items(), DECODERS):
        rng = np.random.default_rng(0)
        readings = reader.read(((None, change(image, rng)) for image in images), decoder)
        confidences = [
            mean_confidence([word.confidence for word in reading.words]) for _, reading in readings if reading.words
        ]
        quantiles = np.quantile(confidences, (0.5, 0.95)) if confidences else ()
        yield [f"{name}, {decoder}", f"{len(confidences)} of {len(images)}", *(f"{value:.2f}" for value in quantiles)]


def copy_with_one_language_model(folder: Path, name: str, copy: Path) -> Path:
    """Copy the reader in `folder` with only the language model `name`, as that of addresses; return the copy."""
    shutil.copytree(folder, copy)
    for other in LANGUAGE_MODELS:
        (copy / other).unlink(missing_ok=True)
    shutil.copyfile(folder / name, copy / LANGUAGE_MODELS[0])
    return copy


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path, nargs="?", default=Path("models/reader"))
    folder = parser.parse_args().reader
    reader, labels = Reader.load(folder), read_labels()
    cased = [change(word) for change in (str.lower, str.capitalize, str.upper) for word in CASED_WORDS]
    for phrases in (cased, ABBREVIATIONS):
        print_table(["drawn", "as written"], tabulate_phrases(reader, phrases))
        print()
    rows = list(Subset(PREPROCESSED_LINES, SPLIT, "validation"))
    columns = ["validation lines", "lines", "CER %", "case %", "ECE %"]
    for decoder in DECODERS:
        print_table(columns, tabulate_sources(reader, decoder, rows, labels))
        print()
    names = [name for name in LANGUAGE_MODELS if (folder / name).exists()]
    for name in names if len(names) > 1 else ():
        with tempfile.TemporaryDirectory() as temporary:
            alone = Reader.load(copy_with_one_language_model(folder, name, Path(temporary) / "reader"))
        print_table([f"only {name}", *columns[1:]], tabulate_sources(alone, "beam", rows, labels))
        print()
    print_table(["number at the start", "lines", "lost", "lost if cropped"], tabulate_lost_numbers(reader, rows))
    print()
    images = [row["image"] for row in rows[:: len(rows) // 200 + 1]]
    print_table(["nothing to read", "lines read", "median", "95 %"], tabulate_nonsense(reader, images))


if __name__ == "__main__":
    main()
