"""The training loop: learning, resuming, stopping, errors and the progress log."""

import json
import math

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.folding import LabelsParams
from netchu.core.progress_log import progress_path
from netchu.core.subsets import Subset
from netchu.training import checkpoint, loop, stopping, validation
from netchu.training.augment import AugmentParams
from netchu.training.checkpoint import Checkpoint
from netchu.training.loop import train
from netchu.training.network import NetworkParams, build_network
from netchu.training.params import TrainParams
from tests.netchu.helpers import HEIGHT, write_table

NETWORK = NetworkParams(cnn_channels=[8, 12, 16], cnn_blocks=1, lstm_units=16, lstm_layers=1, dropout=0.1)
PARAMS = TrainParams(
    seed=1,
    init_from=None,
    epochs=3,
    sampling={},
    batch_size=8,
    processes=1,
    precision="float32",
    learning_rate=0.01,
    warmup=0.5,
    weight_decay=1e-4,
    clip_norm=5.0,
    average=0.9,
    auxiliary=0.1,
    patience=50,
    augment=AugmentParams(
        affine=0.2, elastic=0.2, stroke=0.2, contrast=0.2, noise=0.2, paper=0.2, camera=0.2, margin=0.0, shuffle=0.0
    ),
)
EXACT = LabelsParams(uncased=[], folded=[])
PRECISIONS = ("float32", "bfloat16")


def change(params, **changes):
    return params.model_validate(params.model_dump() | changes)


@pytest.fixture
def lines(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    return random_lines(tmp_path, 96)


def random_lines(folder, count):
    """Return `count` lines of one to three letters for training, and a quarter as many for validation."""
    rng = np.random.default_rng(5)
    texts = ["".join(rng.choice(list("lox"), rng.integers(1, 4))) for _ in range(count + count // 4)]
    table, split = write_table(folder, {"train": texts[:count], "validation": texts[count:]})
    return Subset(table, split, "train"), Subset(table, split, "validation")


def run(lines, params=PARAMS, key="a", labels=EXACT):
    network = build_network(NETWORK, HEIGHT, params.seed)
    return network, train(network, params, *lines, labels, Checkpoint(key))


@pytest.mark.usefixtures("lines")
def test_learns_to_read(tmp_path):
    _, history = run(random_lines(tmp_path, 320), change(PARAMS, epochs=16))
    assert min(row["validation_cer"] for row in history) < 10


def test_trains_in_low_precision_to_a_network_of_full_precision(lines):
    """The loss differs a little, and the network has all its layers in float32."""
    params = change(PARAMS, epochs=1)
    (_, exact), (network, rough) = (run(lines, change(params, precision=name), key=name) for name in PRECISIONS)
    assert 0 < abs(rough[0]["loss"] - exact[0]["loss"]) < 0.05 * exact[0]["loss"]
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_resumes_an_interrupted_run_with_the_same_result(lines, monkeypatch, capsys, precision):
    params = change(PARAMS, precision=precision)
    whole, expected = run(lines, params, key="whole")
    real = loop._train_epoch

    def interrupted(step, batches, epoch, steps):
        if epoch == 3:
            next(batches)
            raise KeyboardInterrupt
        return real(step, batches, epoch, steps)

    monkeypatch.setattr(loop, "_train_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(lines, params, key="part")
    monkeypatch.setattr(loop, "_train_epoch", real)
    resumed, history = run(lines, params, key="part")
    assert "resumes after epoch 2" in capsys.readouterr().out
    assert history == expected
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True))


def test_ends_with_the_averaged_weights_of_the_best_epoch(lines, monkeypatch):
    cers = iter([50.0, 20.0, 20.0, 30.0])
    outputs = []

    def validate(predict, subset, labels):
        outputs.append(np.array(predict(np.ones((1, HEIGHT, 32, 1), np.float32))))
        return next(cers)

    monkeypatch.setattr(loop, "validation_cer", validate)
    network, history = run(lines, change(PARAMS, epochs=4))
    assert len(history) == 4
    assert np.allclose(network(np.ones((1, HEIGHT, 32, 1), np.float32)), outputs[2], atol=1e-5)
    assert not np.allclose(outputs[1], outputs[2], atol=1e-5) and not np.allclose(outputs[2], outputs[3], atol=1e-5)


def test_validates_and_keeps_averaged_weights(lines):
    averaged, last = (
        run(lines, change(PARAMS, epochs=1, average=average), key=str(average))[0] for average in (0.9, 0)
    )
    assert not all(np.allclose(a, b) for a, b in zip(averaged.get_weights(), last.get_weights(), strict=True))


def test_stops_when_validation_no_longer_improves(lines, monkeypatch):
    cers = iter([50.0, 40.0, 45.0, 41.0, 1.0])
    monkeypatch.setattr(loop, "validation_cer", lambda *_: next(cers))
    _, history = run(lines, change(PARAMS, epochs=5, patience=2))
    assert [row["validation_cer"] for row in history] == [50.0, 40.0, 45.0, 41.0]


@pytest.mark.parametrize(
    ("cers", "validated"), [([50.0, 40.0, 30.0], [3, 6, 7]), ([50.0, 60.0], [3, 6]), ([50.0, 40.0, 45.0], [3, 6, 7])]
)
def test_stops_only_after_a_validation(lines, monkeypatch, cers, validated):
    """Even if patience is shorter than the interval between validations."""
    monkeypatch.setattr(stopping, "MAX_VALIDATIONS", 3)
    monkeypatch.setattr(loop, "_train_epoch", lambda *_: 20.0)
    cers = iter(cers)
    monkeypatch.setattr(loop, "validation_cer", lambda *_: next(cers))
    _, history = run(lines, change(PARAMS, epochs=7, patience=1))
    assert [row["epoch"] for row in history] == validated


def test_trains_no_more_after_an_interruption_in_the_last_epoch(lines, monkeypatch):
    cers = iter([50.0, 60.0])
    monkeypatch.setattr(loop, "validation_cer", lambda *_: next(cers))
    expected = run(lines, change(PARAMS, patience=1))[1]
    assert len(expected) == 2
    monkeypatch.setattr(loop, "_train_epoch", None)
    assert run(lines, change(PARAMS, patience=1))[1] == expected


def test_logs_the_progress_of_an_experiment(lines, monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("DVC_EXP_NAME", "taught-1")
    _, history = run(lines, change(PARAMS, epochs=2))
    logged = [json.loads(line) for line in progress_path("taught-1").read_text().splitlines()]
    assert [(row["stage"], row["epoch"], row["epochs"]) for row in logged] == [("train", 1, 2), ("train", 2, 2)]
    assert [row["loss"] for row in logged] == [row["loss"] for row in history]
    assert [row["validation_cer"] for row in logged] == [round(row["validation_cer"], 2) for row in history]
    assert logged[0]["minutes_left"] >= 0 and logged[1]["minutes_left"] == 0


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_rejects_a_loss_that_is_not_finite(lines, monkeypatch, loss):
    monkeypatch.setattr(loop, "make_training_step", lambda *_: lambda batch: loss)
    with pytest.raises(
        NetchuError, match=r"loss became (nan|inf) in epoch 1, step 1 of 12; lower train\.learning_rate"
    ):
        run(lines)


def test_rejects_a_diverging_loss(lines, monkeypatch):
    losses = iter([20.0, 500.0])
    monkeypatch.setattr(loop, "_train_epoch", lambda *_: next(losses))
    with pytest.raises(NetchuError, match=r"diverges: 500 in epoch 2, 20 in epoch 1"):
        run(lines)


@pytest.mark.parametrize(
    ("labels", "cer"),
    [
        (EXACT, 400 / 7),
        (LabelsParams(uncased=["test"], folded=[]), 300 / 7),
        (LabelsParams(uncased=[], folded=["test"]), 0),
    ],
)
def test_ignores_in_validation_what_labels_lack(tmp_path, monkeypatch, labels, cer):
    table, split = write_table(tmp_path, {"validation": ["l, O.", "XL"]})
    readings = {"l, O.": "l O", "XL": "x.L"}
    monkeypatch.setattr(
        validation, "read_lines", lambda items, *_: [((text, style), readings[text]) for (text, style), _ in items]
    )
    found = validation.validation_cer(None, Subset(table, split, "validation"), labels)
    assert found == pytest.approx(cer, abs=1e-3)


def test_rejects_shuffling_without_a_model():
    with pytest.raises(ValueError, match=r"augment\.shuffle needs init_from"):
        change(PARAMS, augment=PARAMS.augment.model_dump() | {"shuffle": 0.5})


@pytest.mark.usefixtures("lines")
@pytest.mark.parametrize(
    "labels",
    [EXACT, LabelsParams(uncased=["test"], folded=[]), LabelsParams(uncased=[], folded=["test"])],
    ids=["exact", "uncased", "folded"],
)
def test_trains_on_shuffled_words(tmp_path, labels):
    table, split = write_table(tmp_path, {"train": ["lo x", "x l o"] * 8, "validation": ["x lo"]})
    lines = [Subset(table, split, name) for name in ("train", "validation")]
    params = change(PARAMS, init_from="m", epochs=1, augment=PARAMS.augment.model_dump() | {"shuffle": 1.0})
    assert len(run(lines, params, labels=labels)[1]) == 1
