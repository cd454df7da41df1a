"""Fine-tune the shipped reader on one handwriting: `python -m benchmarks.new_writer [ARCHIVE WRITER...]`.

For each writer it runs the pipeline in a clone of the project, with what is committed, from models/pretrained and with
the settings of the page "Teach". Without arguments the writers are three drawn ones, with 50 lines each (45 train,
5 validate), tested on 50 others. ARCHIVE is the Kalapa zip, and each WRITER is one that the reader was not trained on:
two thirds of their lines are used (two of them validate), tested on the last third without case and punctuation.

It prints the CER on the test lines before -> after, by decoder, and the minutes of the pipeline: two to three a writer
on two cores. Expect a gain where the reader starts above 5 %, and none or a small loss where it starts below 2 %.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from netchu.core.folding import fold
from netchu.evaluation.metrics import character_edits
from netchu.intake.archives import open_archive
from netchu.pages.recognizer import Recognizer
from netchu.pictures.encoding import write_image
from netchu.reading.decoders import DECODERS
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching.dvc_command import run_dvc
from netchu.teaching.fine_tuning import SETTINGS

WRITERS = 3
"""Drawn writers."""

LINES = 50
"""Training lines of a drawn writer; as many test lines follow."""


class Line(NamedTuple):
    """A row of the table that the pipeline reads."""

    file: str
    text: str
    subset: str


def measure(archive: Path | None, writers: list[str], scratch: Path) -> Iterator[list[str]]:
    """Fine-tune on the lines of each writer, in `scratch`; yield the cells of a table row for each, then for all."""
    project = scratch / "project"
    subprocess.run(["git", "clone", "--quiet", ".", project], check=True)
    readers = [Recognizer.load(project / "models/pretrained")]
    all_edits, all_characters = np.zeros((len(DECODERS), 2), int), 0
    for name in writers:
        folder = scratch / name / "writer"
        folder.mkdir(parents=True)
        if archive:
            lines = extract_lines(archive, name, folder)
        else:
            lines = draw_lines(int(name.removeprefix("drawn ")), folder)
        write_table(lines, folder)
        started = time.perf_counter()
        fine_tune(project, folder, folded=archive is not None)
        minutes = (time.perf_counter() - started) / 60
        readers[1:] = [Recognizer.load(project / "models/reader")]
        test_lines = [line for line in lines if line.subset == "test"]
        edits, characters = count_edits(readers, test_lines, folder, folded=archive is not None)
        yield [name, str(len(test_lines)), *format_rates(edits, characters), f"{minutes:.1f}"]
        all_edits += edits
        all_characters += characters
    yield ["all", "", *format_rates(all_edits, all_characters), ""]


def fine_tune(project: Path, folder: Path, folded: bool) -> None:
    """Run the pipeline of `project` on the lines in `folder`."""
    settings = SETTINGS | {"download.archives": f"['{folder}']", "labels.folded": "[writer]" if folded else "[]"}
    changes = [word for key, value in settings.items() for word in ("--set-param", f"{key}={value}")]
    run_dvc("exp", "run", "--force", *changes, cwd=project, stdout=sys.stderr, check=True)


def count_edits(readers: list[Recognizer], lines: list[Line], folder: Path, folded: bool) -> tuple[np.ndarray, int]:
    """Return the edits in the readings of `lines`, (decoders, readers), and the characters of the references."""
    normalise = fold if folded else str
    references = [normalise(line.text) for line in lines]
    edits = np.zeros((len(DECODERS), len(readers)), int)
    for row, decoder in enumerate(DECODERS):
        for column, reader in enumerate(readers):
            predictions = [normalise(reader.read(folder / line.file, "line", decoder).text) for line in lines]
            edits[row, column] = character_edits(references, predictions).edits.sum()
    return edits, sum(map(len, references))


def format_rates(edits: np.ndarray, characters: int) -> list[str]:
    """Return the CER before and after, for each decoder."""
    return [f"{before:.2f} -> {after:.2f}" for before, after in 100 * edits / characters]


def draw_lines(seed: int, folder: Path) -> list[Line]:
    """Draw lines of one writer into `folder`: LINES to train (every tenth of them validates), and as many to test."""
    rng = np.random.default_rng(seed)
    writer = sample_writer(rng)
    lines = []
    for number in range(2 * LINES):
        line = Line(f"{number:03}.png", address_line(rng, 64), choose_subset(number))
        write_image(folder / line.file, draw_line(line.text, writer, rng))
        lines.append(line)
    return lines


def choose_subset(number: int) -> str:
    """Return the subset of the drawn line `number`."""
    if number >= LINES:
        return "test"
    return "validation" if number % 10 == 9 else "train"


def extract_lines(archive: Path, writer: str, folder: Path) -> list[Line]:
    """Write the lines of a Kalapa writer into `folder`: every third is a test line, two of the others validate."""
    with open_archive(archive) as file:
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
    """Write lines.csv, by which the pipeline finds the lines."""
    with (folder / "lines.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Line._fields)
        writer.writerows(lines)


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, nargs="?", metavar="ARCHIVE", help="the Kalapa zip")
    parser.add_argument("writers", nargs="*", metavar="WRITER", help="whose annotations/WRITER.txt ARCHIVE has")
    arguments = parser.parse_args()
    if arguments.archive and not arguments.writers:
        parser.error("ARCHIVE needs at least one WRITER")
    writers = arguments.writers or [f"drawn {number + 1}" for number in range(WRITERS)]
    with tempfile.TemporaryDirectory() as scratch:
        columns = ["writer", "lines", *(f"CER %, {decoder}" for decoder in DECODERS), "minutes"]
        print_table(columns, measure(arguments.archive, writers, Path(scratch)))


if __name__ == "__main__":
    main()
