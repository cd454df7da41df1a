"""What 18 lines of a new writer teach the shipped reader: `python -m benchmarks.new_writer ARCHIVE WRITER...`.

ARCHIVE is the Kalapa zip, each WRITER one that the reader has never met. In a copy of the project the pipeline goes on
from models/pretrained with 18 of the writer's lines (16 train, 2 validate), and reads the other 9, which the shipped
reader reads too. Prints CER before and after, case and punctuation apart, and the minutes it took.
"""

import argparse
import csv
import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from netchu.core.folding import fold
from netchu.evaluation.metrics import character_edits
from netchu.pages.recognizer import Recognizer
from tests.workspace import copy_project, run

SETTINGS = {
    "download.source": "archive",
    "labels.folded": "[writer]",
    "train.init_from": "models/pretrained",
    "train.epochs": 40,
    "train.patience": 40,
    "train.batch_size": 4,
    "train.learning_rate": 0.0005,
    "train.average": 0.98,
    "train.augment.affine": 1.0,
    "train.augment.noise": 1.0,
    "train.augment.paper": 1.0,
    "decoder.rounds": 0,
    "evaluate.decoder": "greedy",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path)
    parser.add_argument("writers", nargs="+")
    arguments = parser.parse_args()
    shipped = Recognizer.load("models/pretrained")
    totals = {"before": 0, "after": 0, "characters": 0}
    with tempfile.TemporaryDirectory() as scratch:
        project = copy_project(Path(scratch) / "project")
        for writer in arguments.writers:
            folder = Path(scratch) / writer / "writer"
            rows = extract(arguments.archive, writer, folder)
            tested = [row for row in rows if row["subset"] == "test"]
            before = [fold(shipped.read(folder / row["file"], "line", "greedy").text) for row in tested]
            started = time.perf_counter()
            settings = SETTINGS | {"download.archives": f"[{folder}]"}
            changes = [word for key, value in settings.items() for word in ("-S", f"{key}={value}")]
            run(project, "dvc", "exp", "run", "--force", *changes)
            minutes = (time.perf_counter() - started) / 60
            metrics = json.loads((project / "metrics/metrics.json").read_text())
            edits = character_edits([fold(row["text"]) for row in tested], before)
            characters = int(edits.reference.sum())
            old, new = int(edits.edits.sum()), round(metrics["cer"] / 100 * characters)
            print(
                f"{writer:>6}: CER {100 * old / characters:5.2f} -> {metrics['cer']:5.2f} on {len(tested)} lines, "
                f"{minutes:.1f} min",
                flush=True,
            )
            totals["before"] += old
            totals["after"] += new
            totals["characters"] += characters
    before, after = (100 * totals[name] / totals["characters"] for name in ("before", "after"))
    print(f"all {len(arguments.writers)}: CER {before:.2f} -> {after:.2f}, greedy")


def extract(archive: Path, writer: str, folder: Path) -> list[dict]:
    """The writer's lines as images and a table `lines.csv` in `folder`, every third of them a test line."""
    with zipfile.ZipFile(archive) as file:
        name = next((name for name in file.namelist() if name.endswith(f"annotations/{writer}.txt")), None)
        if name is None:
            sys.exit(f"{archive}: no writer {writer}")
        root = name.removesuffix(f"annotations/{writer}.txt")
        labels = [row.split("\t") for row in file.read(name).decode().splitlines()]
        images = {image: file.read(f"{root}images/{image}") for image, _ in labels}
    folder.mkdir(parents=True)
    rows = []
    for number, (image, text) in enumerate(labels):
        path = folder / Path(image).name
        path.write_bytes(images[image])
        subset = "test" if number % 3 == 2 else "validation" if number in (0, 13) else "train"
        rows.append({"file": path.name, "text": text, "subset": subset})
    with (folder / "lines.csv").open("w", encoding="utf-8", newline="") as table:
        writing = csv.DictWriter(table, rows[0])
        writing.writeheader()
        writing.writerows(rows)
    return rows


if __name__ == "__main__":
    main()
