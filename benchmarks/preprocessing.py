"""Train with each option of preprocessing: `python -m benchmarks.preprocessing FOLDER [--epochs N] [--start MODEL]`.

Run it in a project whose stages up to `split` have run, on real lines (`download.source`). It trains the network of
params.yaml once per option, on the same lines and from the same seed, or it trains MODEL further. It prints the CER in
percent on the validation lines, read greedily, and its change, both with 95 % intervals; and milliseconds of one core
for a line image. A line that an option rejects counts as read empty. Networks stay in FOLDER: an interrupted run
continues there.
"""

import argparse
import csv
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.pipeline_lines import CLEAN_LINES, SPLIT
from netchu.core.files import atomic_path
from netchu.core.params import SettingsSection, read_params
from netchu.core.subsets import Subset
from netchu.core.tables import open_lines, read_rows
from netchu.evaluation.metrics import error_rates
from netchu.experiments.comparison import ScoredLine, compare_rates, pair_lines
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.decoding import decode_best_path
from netchu.reading.onnx_network import OnnxNetwork
from stages import preprocess, train

OPTIONS = {
    "none": {},
    "blur 0.5": {"blur": 0.5},
    "blur 1": {"blur": 1.0},
    **{f"threshold {method}": {"threshold": method} for method in ("otsu", "adaptive", "sauvola")},
    "deslant": {"deslant": True},
}
"""Changed values of group `preprocess`; all are compared with the first."""

TIMED_LINES = 200


def measure(folder: Path, epochs: int, start: Path | None) -> Iterator[list[str]]:
    """Yield the cells of a table row for each option."""
    with SPLIT.open(newline="", encoding="utf-8") as file:
        subsets = {row["id"]: row["subset"] for row in csv.DictReader(file)}
    texts = {row["id"]: row["text"] for row in read_rows(open_lines(CLEAN_LINES), ["id", "text"])}
    references = {name: texts[name] for name, subset in subsets.items() if subset == "validation"}
    scored: list[dict[str, ScoredLine]] = []
    for option, changes in OPTIONS.items():
        params = read_params(preprocess.Params).preprocess.model_copy(update=changes)
        read = train_and_read(subsets, params, epochs, start, folder / option.replace(" ", "-"))
        scored.append({name: ScoredLine("", text, read.get(name, "")) for name, text in references.items()})
        rates = error_rates(list(references.values()), [line.prediction for line in scored[-1].values()])
        change = compare_rates(pair_lines(scored[0], scored[-1], ("none", option)))["cer"]
        interval = f"{rates['cer_low']:.2f} to {rates['cer_high']:.2f}"
        difference = [f"{change.difference:+.2f}", f"{change.low:+.2f} to {change.high:+.2f}"]
        yield [option, f"{rates['cer']:.2f}", interval, *difference, f"{measure_time(params.to_settings()):.2f}"]


def train_and_read(
    subsets: dict[str, str], params: SettingsSection, epochs: int, start: Path | None, folder: Path
) -> dict[str, str]:
    """Train in `folder` with `params`, unless that is done; return the texts read in the validation lines by id."""
    outputs = {name: folder / path.name for name, path in preprocess.OUTPUTS.items()}
    preprocess.run(preprocess.Params(preprocess=params), {"lines": CLEAN_LINES}, outputs)
    accepted = {row["id"] for row in read_rows(open_lines(outputs["lines"]), ["id"])}
    inputs = {"lines": outputs["lines"], "split": folder / "split.csv"}
    with atomic_path(inputs["split"]) as path, path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "subset"), *(row for row in subsets.items() if row[0] in accepted)])
    if not (folder / "model").exists():
        values = read_params(train.Params)
        changes = {"epochs": epochs, "init_from": str(start) if start else None}
        values = values.model_copy(update={"train": values.train.model_copy(update=changes)})
        train.run(values, inputs, {"model": folder / "model", "history": folder / "history.csv"})
    network = OnnxNetwork(folder / "model")
    return {row["id"]: decode_best_path(network(row["image"])) for row in Subset(*inputs.values(), "validation")}


def measure_time(params: PreprocessParams) -> float:
    """Return the median milliseconds of one core for a line image, without decoding."""
    cv2.setNumThreads(1)
    times = []
    for row in islice(read_rows(open_lines(CLEAN_LINES), ["image"]), TIMED_LINES):
        picture, started = decode_image(row["image"]), time.process_time()
        line_image(picture, params)
        times.append(1000 * (time.process_time() - started))
    return statistics.median(times)


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument(
        "--start", type=Path, metavar="MODEL", help="train on from this model instead of random weights"
    )
    arguments = parser.parse_args()
    rows = list(measure(arguments.folder, arguments.epochs, arguments.start))
    print_table(["option", "CER %", "95 % interval", "change", "95 % interval", "ms a line"], rows)


if __name__ == "__main__":
    main()
