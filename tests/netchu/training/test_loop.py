"""The training loop: it learns, resumes exactly, stops early, and says when it goes wrong."""

import math

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.subsets import Subset
from netchu.training import checkpoint, loop
from netchu.training.augment import AugmentParams
from netchu.training.checkpoint import Checkpoint
from netchu.training.loop import TrainParams, train
from netchu.training.network import NetworkParams, build_network
from tests.netchu.helpers import HEIGHT, write_table

NETWORK = NetworkParams(cnn_channels=[8, 12, 16], cnn_blocks=1, lstm_units=16, lstm_layers=1, dropout=0.1)
PARAMS = TrainParams(
    seed=1,
    init_from=None,
    epochs=3,
    batch_size=8,
    learning_rate=0.01,
    warmup=0.5,
    weight_decay=1e-4,
    clip_norm=5.0,
    average=0.9,
    auxiliary=0.1,
    patience=50,
    augment=AugmentParams(
        affine=0.2, elastic=0.2, stroke=0.2, contrast=0.2, noise=0.2, paper=0.2, camera=0.2, shuffle=0.0
    ),
)


def change(params, **changes):
    return params.model_validate(params.model_dump() | changes)


@pytest.fixture
def lines(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    return random_lines(tmp_path, 96)


def random_lines(folder, count):
    """`count` lines of one to three letters to train on, and a quarter as many to validate."""
    rng = np.random.default_rng(5)
    texts = ["".join(rng.choice(list("lox"), rng.integers(1, 4))) for _ in range(count + count // 4)]
    table, split = write_table(folder, {"train": texts[:count], "validation": texts[count:]})
    return Subset(table, split, "train"), Subset(table, split, "validation")


def run(lines, params=PARAMS, key="a", folded=()):
    network = build_network(NETWORK, HEIGHT, params.seed)
    return network, train(network, params, *lines, folded, Checkpoint(key))


@pytest.mark.usefixtures("lines")
def test_learns_to_read(tmp_path):
    _, history = run(random_lines(tmp_path, 320), change(PARAMS, epochs=12))
    assert min(row["validation_cer"] for row in history) < 10


def test_an_interrupted_run_ends_like_an_undisturbed_one(lines, monkeypatch, capsys):
    whole, expected = run(lines, key="whole")
    real = loop._run_epoch

    def interrupted(step, batches, epoch, steps):
        if epoch == 3:
            next(batches)
            raise KeyboardInterrupt
        return real(step, batches, epoch, steps)

    monkeypatch.setattr(loop, "_run_epoch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(lines, key="part")
    monkeypatch.setattr(loop, "_run_epoch", real)
    resumed, history = run(lines, key="part")
    assert "resumes after epoch 2" in capsys.readouterr().out
    assert history == expected
    assert all(np.array_equal(a, b) for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True))


def test_ends_with_the_weights_of_the_last_of_the_best_epochs(lines, monkeypatch):
    cers = iter([50.0, 20.0, 20.0, 30.0])
    seen = []

    def validate(predict, subset, folded):
        seen.append(np.array(predict(np.ones((1, HEIGHT, 32, 1), np.float32))))
        return next(cers)

    monkeypatch.setattr(loop, "_validation_cer", validate)
    network, history = run(lines, change(PARAMS, epochs=4))
    assert len(history) == 4
    assert np.allclose(network(np.ones((1, HEIGHT, 32, 1), np.float32)), seen[2], atol=1e-5)
    assert not np.allclose(seen[1], seen[2], atol=1e-5) and not np.allclose(seen[2], seen[3], atol=1e-5)


def test_stops_when_validation_no_longer_improves(lines, monkeypatch):
    cers = iter([50.0, 40.0, 45.0, 41.0, 1.0])
    monkeypatch.setattr(loop, "_validation_cer", lambda *_: next(cers))
    _, history = run(lines, change(PARAMS, epochs=5, patience=2))
    assert [row["validation_cer"] for row in history] == [50.0, 40.0, 45.0, 41.0]


def test_many_epochs_are_not_all_validated(lines, monkeypatch):
    monkeypatch.setattr(loop, "_VALIDATIONS", 2)
    _, history = run(lines, change(PARAMS, epochs=5))
    assert [row["epoch"] for row in history] == [3, 5]


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_stops_the_run(lines, monkeypatch, loss):
    monkeypatch.setattr(loop, "training_step", lambda *_: lambda batch: loss)
    with pytest.raises(
        NetchuError, match=r"loss became (nan|inf) in epoch 1, step 1 of 12; lower train\.learning_rate"
    ):
        run(lines)


def test_a_diverging_loss_stops_the_run(lines, monkeypatch):
    losses = iter([20.0, 500.0])
    monkeypatch.setattr(loop, "_run_epoch", lambda *_: next(losses))
    with pytest.raises(NetchuError, match=r"diverges: 500 in epoch 2, 20 in the first; lower train\.learning_rate"):
        run(lines)


def test_case_and_punctuation_of_folded_sources_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    table, split = write_table(tmp_path, {"train": ["lo"] * 8, "validation": ["l, O.", "XL"]})
    lines = [Subset(table, split, name) for name in ("train", "validation")]
    monkeypatch.setattr(
        loop, "read_lines", lambda images, *_: ["L o" if n == 0 else "x.l" for n, _ in enumerate(images)]
    )
    assert run(lines, change(PARAMS, epochs=1), key="strict")[1][0]["validation_cer"] > 50
    assert run(lines, change(PARAMS, epochs=1), key="folded", folded=("test",))[1][0]["validation_cer"] == 0


def test_shuffling_needs_a_model_that_finds_the_words():
    with pytest.raises(ValueError, match=r"augment\.shuffle needs init_from"):
        change(PARAMS, augment=PARAMS.augment.model_dump() | {"shuffle": 0.5})


@pytest.mark.usefixtures("lines")
def test_shuffled_words_train_too(tmp_path):
    table, split = write_table(tmp_path, {"train": ["lo x", "x l o"] * 8, "validation": ["x lo"]})
    lines = [Subset(table, split, name) for name in ("train", "validation")]
    params = change(PARAMS, init_from="m", epochs=1, augment=PARAMS.augment.model_dump() | {"shuffle": 1.0})
    assert len(run(lines, params)[1]) == 1
