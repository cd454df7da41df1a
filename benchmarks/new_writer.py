"""What some lines of a new hand teach the shipped reader: `python -m benchmarks.new_writer [ARCHIVE WRITER...]`.

The pipeline goes on from models/pretrained, with the settings of the page "Teach" (netchu/teaching/fine_tuning.py),
in a copy of the project. Without arguments: 50 lines (45 train, 5 validate) of each of three drawn hands, measured on
50 others of the same hand. ARCHIVE is the Kalapa zip and each WRITER one that the reader has never met: two thirds of
the writer's lines (two of them validate), measured on the other third, without case and punctuation. Prints CER
before and after with either decoder, and the minutes that the pipeline took.
"""

import argparse
import csv
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple, get_args

import cv2
import numpy as np

from netchu.core.folding import fold
from netchu.evaluation.metrics import character_edits
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader import Decoder
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching.fine_tuning import SETTINGS
from tests.workspace import copy_project, run, settings

HANDS, LINES = 3, 50


class Line(NamedTuple):
    """A row of the table that the pipeline reads."""

    file: str
    text: str
    subset: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, nargs="?")
    parser.add_argument("writers", nargs="*")
    arguments = parser.parse_args()
    shipped = Recognizer.load("models/pretrained")
    edits = np.zeros((2, 2), int)
    characters = 0
    with tempfile.TemporaryDirectory() as scratch:
        project = copy_project(Path(scratch) / "project")
        for name in arguments.writers or [f"drawn {number + 1}" for number in range(HANDS)]:
            folder = Path(scratch) / name / "writer"
            folder.mkdir(parents=True)
            if arguments.archive:
                lines = extract(arguments.archive, name, folder)
            else:
                lines = draw(np.random.default_rng(int(name.split()[1])), folder)
            write_table(lines, folder)
            tested = [line for line in lines if line.subset == "test"]
            started = time.perf_counter()
            folded = {"labels.folded": "[writer]"} if arguments.archive else {}
            changes = settings(SETTINGS | folded | {"download.archives": f"['{folder}']"})
            run(project, "dvc", "exp", "run", "--force", *changes)
            minutes = (time.perf_counter() - started) / 60
            taught = Recognizer.load(project / "models/reader")
            found = [[read(reader, decoder, tested, folder, bool(folded)) for reader in (shipped, taught)]
                     for decoder in get_args(Decoder)]  # fmt: skip
            length = sum(len(fold(line.text) if folded else line.text) for line in tested)
            print_row(name, np.array(found), length, f"{len(tested)} lines, {minutes:.1f} min")
            edits += found
            characters += length
    print_row("all", edits, characters, "")


def print_row(name: str, edits: np.ndarray, characters: int, note: str) -> None:
    """`edits` of each decoder, before and after."""
    rates = 100 * edits / characters
    figures = (
        f"{decoder} {before:5.2f} -> {after:5.2f}"
        for decoder, (before, after) in zip(get_args(Decoder), rates, strict=True)
    )
    print(f"{name:>8}: CER {'   '.join(figures)}   {note}", flush=True)


def read(reader: Recognizer, decoder: Decoder, lines: list[Line], folder: Path, folded: bool) -> int:
    """Edits in what is read of `lines`."""
    texts = [line.text for line in lines], [reader.read(folder / line.file, "line", decoder).text for line in lines]
    if folded:
        texts = [list(map(fold, side)) for side in texts]
    return int(character_edits(*texts).edits.sum())


def draw(rng: np.random.Generator, folder: Path) -> list[Line]:
    """Lines of one drawn hand: LINES to learn from, every tenth of them validates, and as many to test."""
    writer = sample_writer(rng)
    lines = []
    for number in range(2 * LINES):
        text = address_line(rng, 64)
        cv2.imwrite(str(folder / f"{number:03}.png"), draw_line(text, writer, rng))
        subset = "test" if number >= LINES else "validation" if number % 10 == 9 else "train"
        lines.append(Line(f"{number:03}.png", text, subset))
    return lines


def extract(archive: Path, writer: str, folder: Path) -> list[Line]:
    """The writer's lines as images in `folder`; every third is a test line, two of the others validate."""
    with zipfile.ZipFile(archive) as file:
        name = next((name for name in file.namelist() if name.endswith(f"annotations/{writer}.txt")), None)
        if name is None:
            sys.exit(f"{archive}: no writer {writer}")
        root = name.removesuffix(f"annotations/{writer}.txt")
        labels = [row.split("\t") for row in file.read(name).decode().splitlines()]
        images = {image: file.read(f"{root}images/{image}") for image, _ in labels}
    lines = []
    for number, (image, text) in enumerate(labels):
        path = folder / Path(image).name
        path.write_bytes(images[image])
        subset = "test" if number % 3 == 2 else "validation" if number in (0, 13) else "train"
        lines.append(Line(path.name, text, subset))
    return lines


def write_table(lines: list[Line], folder: Path) -> None:
    with (folder / "lines.csv").open("w", encoding="utf-8", newline="") as file:
        writing = csv.writer(file)
        writing.writerow(Line._fields)
        writing.writerows(lines)


if __name__ == "__main__":
    main()
