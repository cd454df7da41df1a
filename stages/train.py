"""Stage train: teaches the CRNN on the training lines and writes the model."""

from pathlib import Path

import pandas as pd

from netchu.core.files import atomic_path, write_text
from netchu.core.folding import LabelsParams
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.core.subsets import Subset
from netchu.training.checkpoint import Checkpoint, fingerprint
from netchu.training.loop import TrainParams, train
from netchu.training.model_files import load_network, save_model
from netchu.training.network import NetworkParams, build_network


class Params(Section):
    """Groups of params.yaml."""

    labels: LabelsParams
    model: NetworkParams
    train: TrainParams


INPUTS = {"lines": Path("data/preprocess/lines.parquet"), "split": Path("data/split/lines.csv")}
OUTPUTS = {"model": Path("models/crnn"), "history": Path("metrics/history.csv")}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Train, resuming an interrupted run of the same parameters, data and code; write the model and its history."""
    training, validation = (Subset(inputs["lines"], inputs["split"], name) for name in ("train", "validation"))
    start = Path(params.train.init_from) if params.train.init_from else None
    if start:
        network, shape = load_network(start, training.preprocess, params.train.seed)
    else:
        network, shape = build_network(params.model, training.preprocess["height"], params.train.seed), params.model
    files = [*inputs.values(), *(sorted(start.iterdir()) if start else [])]
    checkpoint = Checkpoint(fingerprint(params.model_dump(), files, ("tensorflow", "keras")))
    history = train(network, params.train, training, validation, params.labels.folded, checkpoint)
    with atomic_path(outputs["model"]) as folder:
        save_model(folder, network, shape, training.preprocess)
    write_text(outputs["history"], pd.DataFrame(history).to_csv(index=False))
    checkpoint.remove()
    best = min(row["validation_cer"] for row in history)
    return f"{len(training)} lines, {len(history)} epochs, best validation CER {best:.2f} %"


if __name__ == "__main__":
    run_stage("train", run, Params, INPUTS, OUTPUTS)
