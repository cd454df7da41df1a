"""Stage train: outputs, starting model and errors."""

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.core.folding import LabelsParams
from netchu.training import checkpoint, keras_start
from netchu.training.network import NetworkParams
from stages import train
from tests.netchu.helpers import HEIGHT, write_table
from tests.netchu.training.test_loop import PARAMS as TRAINING
from tests.netchu.training.test_loop import change

ROOT = Path(__file__).parents[2]
PARAMS = train.Params(
    labels=LabelsParams(uncased=[], folded=[]),
    model=NetworkParams(cnn_channels=[4, 4, 4], cnn_blocks=1, lstm_units=4, lstm_layers=1, dropout=0.1),
    train=TRAINING.model_copy(update={"epochs": 2, "batch_size": 4}),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    return tmp_path


def run(folder, texts, params=PARAMS):
    table, split = write_table(folder, texts)
    outputs = {"model": folder / "crnn", "history": folder / "history.csv"}
    return train.run(params, {"lines": table, "split": split}, outputs), outputs


def test_writes_model_and_history_and_removes_the_checkpoint(folder):
    summary, outputs = run(folder, {"train": ["số 1", "số 2", "xã 3"] * 4, "validation": ["số 4"]})
    assert sorted(file.name for file in outputs["model"].iterdir()) == ["model.json", "model.onnx", "model.weights.h5"]
    assert json.loads((outputs["model"] / "model.json").read_text())["preprocess"]["height"] == HEIGHT
    with outputs["history"].open(newline="") as file:
        history = list(csv.DictReader(file))
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert set(history[0]) == {"epoch", "loss", "validation_cer", "learning_rate"}
    assert summary.startswith("12 lines, 2 epochs, best validation CER ")
    assert not list((folder / "checkpoints").glob("*"))


def test_rejects_a_split_without_validation_lines(folder):
    with pytest.raises(NetchuError, match="no line belongs to validation"):
        run(folder, {"train": ["a"]})


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_starts_from_the_network_of_a_model(folder, precision):
    texts = {"train": ["số 1", "xã 3"] * 4, "validation": ["số 4"]}
    run(folder, texts)
    (folder / "crnn").rename(folder / "first")
    changes = {"init_from": str(folder / "first"), "epochs": 1, "precision": precision}
    params = train.Params(
        labels=PARAMS.labels,
        model=PARAMS.model.model_copy(update={"lstm_units": 8}),
        train=PARAMS.train.model_copy(update=changes),
    )
    run(folder, texts, params)
    network = [json.loads((folder / name / "model.json").read_text())["network"] for name in ("first", "crnn")]
    assert network[0] == network[1]
    nodes = onnx.load(folder / "crnn" / "model.onnx").graph.node
    types = {field.i for node in nodes if node.op_type == "Cast" for field in node.attribute}
    assert onnx.TensorProto.BFLOAT16 not in types


def test_starts_a_new_network_with_the_frequencies_of_the_training_labels(folder, monkeypatch):
    """Of the labels without case: an upper-case letter is as rare as an unused one. A given network keeps its bias."""
    biases = []

    def record_bias(network, *_):
        biases.append(network.get_layer("logits").bias.numpy())
        return [{"epoch": 1, "loss": 1.0, "validation_cer": 1.0, "learning_rate": 0.1}]

    monkeypatch.setattr(train, "train", record_bias)
    params = PARAMS.model_copy(update={"labels": LabelsParams(uncased=["test"], folded=[])})
    texts = {"train": ["aA", "Aab"] * 2, "validation": ["ccc"]}
    run(folder, texts, params)
    a, upper, b, c = (biases[0][CHARSET.index(character)] for character in "aAbc")
    assert a - b == pytest.approx(math.log(9 / 3)) and b - c == pytest.approx(math.log(3)) and upper == c
    (folder / "crnn").rename(folder / "first")
    start = {"init_from": str(folder / "first")}
    run(
        folder,
        {"train": ["b"] * 4, "validation": ["b"]},
        params.model_copy(update={"train": change(TRAINING, **start)}),
    )
    assert np.array_equal(*biases)


@pytest.mark.parametrize("key", ["uncased", "folded"])
def test_rejects_a_source_without_lines(folder, key):
    params = PARAMS.model_copy(update={"labels": PARAMS.labels.model_copy(update={key: ["kalapa"]})})
    with pytest.raises(NetchuError, match=rf"labels\.{key}: no lines of kalapa; choose from test"):
        run(folder, {"train": ["a"] * 4, "validation": ["b"]}, params)


def test_rejects_a_folder_without_a_model(folder):
    params = PARAMS.model_copy(update={"train": PARAMS.train.model_copy(update={"init_from": str(folder / "none")})})
    with pytest.raises(NetchuError, match=r"train\.init_from: .*none/model\.json: no model"):
        run(folder, {"train": ["a"] * 4, "validation": ["b"]}, params)


def test_prints_nothing_but_progress_to_standard_error(folder):
    """TensorFlow's messages about missing GPUs would worry a newcomer."""
    if any(Path(path).exists() for path in keras_start._GPU_DRIVERS):
        pytest.skip("beside a GPU, all messages are shown")
    done = run_as_command(folder, "tensorflow")
    assert "train: 8 lines, 2 epochs" in done.stdout
    assert [line for line in done.stderr.splitlines() if not line.startswith("epoch ")] == []


def test_trains_with_pytorch(folder):
    """The lines are augmented in other processes, and TensorFlow exports the network in yet another."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert "train: 8 lines, 2 epochs" in run_as_command(folder, "torch").stdout
    names = [file.name for file in (folder / train.OUTPUTS["model"]).iterdir()]
    assert sorted(names) == ["model.json", "model.onnx", "model.weights.h5"]


def run_as_command(folder, backend):
    """Run the stage as DVC does, in `folder`, on eight lines."""
    return subprocess.run(**prepare_command(folder, backend), capture_output=True)


def prepare_command(folder, backend, params=PARAMS):
    """Write eight lines and `params` into `folder`; return the arguments of subprocess.run that run the stage there."""
    table, split = write_table(folder, {"train": ["số 1", "xã 3"] * 4, "validation": ["số 4"]})
    for path, target in ((table, train.INPUTS["lines"]), (split, train.INPUTS["split"])):
        (folder / target).parent.mkdir(parents=True)
        path.rename(folder / target)
    (folder / "params.yaml").write_text(json.dumps(params.model_dump()), encoding="utf-8")
    variables = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    variables |= {
        "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
        "DVC_ROOT": str(folder),
        "KERAS_BACKEND": backend,
    }
    return {"args": [sys.executable, "-m", "stages.train"], "cwd": folder, "env": variables, "text": True}
