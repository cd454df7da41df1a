"""The training loop: AdamW with warm-up and cosine, averaged weights, validation CER, early stopping, resuming."""

import contextlib
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice

import cv2
import keras
import numpy as np
from pydantic import Field, model_validator

from netchu.core.charset import BLANK
from netchu.core.errors import NetchuError
from netchu.core.folding import fold
from netchu.core.parallel import pool_map, prefetch
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.reading.decoding import greedy, log_softmax
from netchu.training.augment import AugmentParams
from netchu.training.batched_reading import read_lines
from netchu.training.batches import Batch, training_batches
from netchu.training.checkpoint import Checkpoint
from netchu.training.composition import word_cuts
from netchu.training.ctc import fold_logits
from netchu.training.network import FEATURES

if keras.backend.backend() == "torch":
    from netchu.training.torch_backend import reading, training_step
else:
    from netchu.training.tensorflow_backend import reading, training_step

_VALIDATIONS = 100
"""Where there are more epochs, not every one is validated: on a GPU an epoch may take no longer than its validation."""


class TrainParams(Section):
    """Group `train` of params.yaml."""

    seed: int = Field(ge=0, lt=2**31)
    init_from: str | None
    epochs: int = Field(ge=1, le=10_000)
    batch_size: int = Field(ge=1, le=1024)
    learning_rate: float = Field(gt=0, le=1)
    warmup: float = Field(ge=0, le=100)
    weight_decay: float = Field(ge=0, le=1)
    clip_norm: float = Field(gt=0)
    average: float = Field(ge=0, lt=1)
    auxiliary: float = Field(ge=0, le=1)
    patience: int = Field(ge=1)
    augment: AugmentParams

    @model_validator(mode="after")
    def _shuffle_what_can_be_read(self) -> "TrainParams":
        if self.augment.shuffle and not self.init_from:
            raise ValueError("augment.shuffle needs init_from, a model that finds the words to shuffle")
        return self


def train(
    network: keras.Model,
    params: TrainParams,
    training: Subset,
    validation: Subset,
    folded: Collection[str],
    checkpoint: Checkpoint,
) -> list[dict]:
    """Train `network` in place, ending with the averaged weights of the epoch with the best validation CER.

    After every validated epoch the whole state goes to `checkpoint`, from which an interrupted run goes on: its result
    is the one of an undisturbed run.

    The loss is CTC of the logits, and, `params.auxiliary` times, of a linear layer on the CNN's features, which makes
    the CNN itself learn to read (Retsinas et al. 2022).

    Args:
        folded: sources whose labels say nothing of case and punctuation; neither loss nor CER counts these there.

    Returns:
        The history, a dictionary a validated epoch: epoch, loss (nats a line), validation_cer (percent), learning_rate.

    Raises:
        NetchuError: the loss became NaN or infinite, or rose far above that of the first epoch.
    """
    steps = math.ceil(len(training) / params.batch_size)
    averaged = keras.models.clone_model(network)
    averaged.set_weights(network.get_weights())
    branched = _branch(network)
    optimizer = _optimizer(params, steps)
    optimizer.build(branched.trainable_variables)
    variables = {"network": branched.variables, "averaged": averaged.variables, "optimizer": optimizer.variables}
    step = training_step(network, branched, averaged, optimizer, params.auxiliary, params.average)
    predict = reading(averaged)
    cuts = _word_cuts(predict, training, folded) if params.augment.shuffle else {}
    best: list[np.ndarray] = []
    history: list[dict] = []

    if saved := checkpoint.load():
        arrays, history = saved
        for group, members in variables.items():
            for variable, value in zip(members, arrays[group], strict=True):
                variable.assign(value)
        best = arrays["best"]
        print(f"train: resumes after epoch {history[-1]['epoch']}", flush=True)

    print("epoch      loss  val CER %   lines/s     left", flush=True)
    resumed, started = history[-1]["epoch"] if history else 0, time.perf_counter()
    every = math.ceil(params.epochs / _VALIDATIONS)
    epochs = range(resumed + 1, params.epochs + 1)
    with _chunk_mapping() as map_chunks:
        batches = prefetch(
            batch
            for epoch in epochs
            for batch in training_batches(
                training, folded, cuts, params.batch_size, params.augment, params.seed, epoch, map_chunks
            )
        )
        for epoch in epochs:
            if epoch - _best_epoch(history) > params.patience:
                print(f"train: validation CER has been worse for {params.patience} epochs: stops", flush=True)
                break
            epoch_started = time.perf_counter()
            loss = _run_epoch(step, batches, epoch, steps)
            speed = len(training) / (time.perf_counter() - epoch_started)
            if history and loss > 1.5 * history[0]["loss"] + 10:
                raise NetchuError(
                    f"the loss diverges: {loss:.0f} in epoch {epoch}, {history[0]['loss']:.0f} in the first; "
                    "lower train.learning_rate or lengthen train.warmup"
                )
            if epoch % every and epoch < params.epochs:
                continue
            if not all(np.isfinite(weights).all() for weights in averaged.get_weights()):
                raise NetchuError(f"the weights became NaN or infinite in epoch {epoch}; lower train.learning_rate")
            cer = _validation_cer(predict, validation, folded)
            history.append(
                {
                    "epoch": epoch,
                    "loss": round(loss, 4),
                    "validation_cer": cer,
                    "learning_rate": float(f"{float(optimizer.learning_rate):.4g}"),
                }
            )
            improved = _best_epoch(history) == epoch
            if improved:
                best = averaged.get_weights()
            checkpoint.save(
                {group: list(map(keras.ops.convert_to_numpy, members)) for group, members in variables.items()}
                | {"best": best},
                history,
            )
            left = (time.perf_counter() - started) / (epoch - resumed) * (params.epochs - epoch) / 60
            print(f"{epoch:5d} {loss:9.3f} {cer:9.2f}{'*' if improved else ' '} {speed:9.1f} {left:7.1f}m", flush=True)
    network.set_weights(best)
    return history


@contextlib.contextmanager
def _chunk_mapping() -> Iterator[Callable[[Callable, Iterable], Iterable]]:
    """A `map` for the augmentation: of the calling thread, or of a process a core beside a GPU, which is that fast."""
    if keras.backend.backend() != "torch":
        yield map
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), spawn, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        yield partial(pool_map, pool)


def _validation_cer(predict: Callable[[np.ndarray], np.ndarray], lines: Subset, folded: Collection[str]) -> float:
    """CER in percent of the greedy reading of `lines`."""
    texts = [
        [fold(text) if row["source"] in folded else text for text in (row["text"], prediction)]
        for row, prediction in read_lines(((row, row["image"]) for row in lines), predict, greedy)
    ]
    return error_rates(*zip(*texts, strict=True))["cer"]


def _branch(network: keras.Model) -> keras.Model:
    """`network` with a second output, logits that a linear layer makes of the CNN's features."""
    features = network.get_layer(FEATURES).output
    return keras.Model(network.input, [network.output, keras.layers.Dense(BLANK + 1)(features)])


def _word_cuts(
    predict: Callable[[np.ndarray], np.ndarray], lines: Subset, folded: Collection[str]
) -> dict[str, list[int]]:
    """Where to cut each line between its words, by id."""
    cuts = {}
    found = read_lines(((row, row["image"]) for row in lines), predict, np.copy)
    for row, logits in progress(found, "train: finding words", len(lines)):
        text = row["text"]
        if row["source"] in folded:
            logits = keras.ops.convert_to_numpy(fold_logits(logits[None], np.array([True])))[0]
            # Folded only for the alignment, which then has a word for each word of the text: folding keeps its spaces.
            text = text.lower()
        cuts[row["id"]] = word_cuts(row["image"], text, log_softmax(logits))
    return cuts


def _best_epoch(history: list[dict]) -> int:
    """The epoch with the lowest validation CER, of equal ones the last: on few lines many are. 0 before the first."""
    return min(reversed(history), key=lambda row: row["validation_cer"])["epoch"] if history else 0


def _optimizer(params: TrainParams, steps: int) -> keras.optimizers.Optimizer:
    warmup = round(params.warmup * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else params.learning_rate,
        warmup_target=params.learning_rate if warmup else None,
        warmup_steps=warmup,
        decay_steps=max(1, params.epochs * steps - warmup),
        alpha=0.01,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=params.weight_decay, global_clipnorm=params.clip_norm)


def _run_epoch(step: Callable[[Batch], float], batches: Iterator[Batch], epoch: int, steps: int) -> float:
    """The mean loss of the next `steps` batches, in nats a line."""
    total = count = 0
    for index, batch in enumerate(progress(islice(batches, steps), f"epoch {epoch}", steps), 1):
        loss = step(batch)
        if not math.isfinite(loss):
            raise NetchuError(
                f"the loss became {loss} in epoch {epoch}, step {index} of {steps}; "
                "lower train.learning_rate or train.clip_norm, or lengthen train.warmup"
            )
        total, count = total + loss * len(batch.images), count + len(batch.images)
    return total / count
