"""Stage train: train the CRNN on the training lines and write the model."""

from itertools import islice
from pathlib import Path

import pandas as pd

from netchu.core.files import atomic_path, write_text
from netchu.core.folding import LabelsParams
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.core.subsets import Subset, check_sources
from netchu.core.tables import open_lines, read_rows
from netchu.training.backend import BACKEND
from netchu.training.checkpoint import Checkpoint, fingerprint
from netchu.training.loop import train
from netchu.training.model_files import load_network, save_model
from netchu.training.network import NetworkParams, build_network, set_class_frequencies
from netchu.training.params import TrainParams


class Params(Section):
    """Groups of params.yaml."""

    labels: LabelsParams
    model: NetworkParams
    train: TrainParams


INPUTS = {"lines": Path("data/preprocess/lines.parquet"), "split": Path("data/split/lines.csv")}
OUTPUTS = {"model": Path("models/crnn"), "history": Path("metrics/history.csv")}

_SAMPLES = 64
"""Number of training lines for the quantization: the first ones, because the order of the table is random."""


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Train; write the model and the history. Resume an interrupted run of the same parameters, data and code.

    Raises:
        NetchuError: a subset has no lines, a name in the parameters is wrong, or the loss diverges.
    """
    _check_sources(params.labels, inputs["lines"])
    training, validation = (Subset(inputs["lines"], inputs["split"], name) for name in ("train", "validation"))
    start = Path(params.train.init_from) if params.train.init_from else None
    if start:
        network, shape = load_network(start, training.preprocess["height"], params.train.seed)
    else:
        network, shape = build_network(params.model, training.preprocess["height"], params.train.seed), params.model
        texts = (params.labels.style_of(source).reduce(text) for source, text in training.texts())
        set_class_frequencies(network, texts)
    files = [*inputs.values(), *(sorted(path for path in start.iterdir() if path.is_file()) if start else [])]
    packages = (BACKEND, "keras", "numpy", "opencv-python-headless")
    checkpoint = Checkpoint(fingerprint(params.model_dump(), files, packages))
    history = train(network, params.train, training, validation, params.labels, checkpoint)
    with atomic_path(outputs["model"]) as folder:
        samples = (row["image"] for row in islice(training, _SAMPLES))
        save_model(folder, network, shape, training.preprocess, samples)
    write_text(outputs["history"], pd.DataFrame(history).to_csv(index=False))
    checkpoint.remove()
    best = min(row["validation_cer"] for row in history)
    return f"{len(training)} lines, {len(history)} epochs, best validation CER {best:.2f} %"


def _check_sources(labels: LabelsParams, table: Path) -> None:
    """Raise NetchuError for a source without lines in `table`, such as a misspelled name."""
    sources = {row["source"] for row in read_rows(open_lines(table), ["source"])}
    for key, named in labels:
        check_sources(f"labels.{key}", named, sources)


if __name__ == "__main__":
    run_stage("train", run, Params, INPUTS, OUTPUTS)
