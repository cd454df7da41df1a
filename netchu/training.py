"""The training loop: AdamW with warm-up and cosine, averaged weights, validation CER, early stopping, resuming."""

import math
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from pydantic import Field

from netchu.augment import AugmentParams
from netchu.batches import Batch, training_batches
from netchu.checkpoint import Checkpoint
from netchu.core.errors import NetchuError
from netchu.core.parallel import prefetch
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.ctc import ctc_loss
from netchu.decoding import greedy
from netchu.metrics import error_rates
from netchu.reading import read_lines
from netchu.subsets import Subset


class TrainParams(Section):
    """Group `train` of params.yaml."""

    seed: int = Field(ge=0, lt=2**31)
    epochs: int = Field(ge=1, le=10_000)
    batch_size: int = Field(ge=1, le=1024)
    learning_rate: float = Field(gt=0, le=1)
    warmup: float = Field(ge=0, le=100)
    weight_decay: float = Field(ge=0, le=1)
    clip_norm: float = Field(gt=0)
    average: float = Field(ge=0, lt=1)
    patience: int = Field(ge=1)
    augment: AugmentParams


def train(
    network: keras.Model, params: TrainParams, training: Subset, validation: Subset, checkpoint: Checkpoint
) -> list[dict]:
    """Train `network` in place, ending with the averaged weights of the epoch with the best validation CER.

    After every epoch the whole state goes to `checkpoint`, from which an interrupted run goes on: its result is the
    one of an undisturbed run.

    Returns:
        The history, a dictionary an epoch: epoch, loss (nats a line), validation_cer (percent), learning_rate.

    Raises:
        NetchuError: the loss became NaN or infinite, or rose far above that of the first epoch.
    """
    steps = math.ceil(len(training) / params.batch_size)
    averaged = keras.models.clone_model(network)
    averaged.set_weights(network.get_weights())
    optimizer = _optimizer(params, steps)
    optimizer.build(network.trainable_variables)
    variables = {"network": network.variables, "averaged": averaged.variables, "optimizer": optimizer.variables}
    step = _training_step(network, averaged, optimizer, params.average)
    predict = tf.function(lambda images: averaged(images, training=False), input_signature=[_images_of(averaged)])
    best: list[np.ndarray] = []
    history: list[dict] = []

    if saved := checkpoint.load():
        arrays, history = saved
        for group, members in variables.items():
            for variable, value in zip(members, arrays[group], strict=True):
                variable.assign(value)
        best = arrays["best"]
        print(f"train: resumes after epoch {len(history)}", flush=True)

    print("epoch      loss  val CER %   lines/s     left", flush=True)
    resumed, started = len(history), time.perf_counter()
    for epoch in range(len(history) + 1, params.epochs + 1):
        if epoch - _best_epoch(history) > params.patience:
            print(f"train: validation CER has not improved for {params.patience} epochs: stops", flush=True)
            break
        epoch_started = time.perf_counter()
        batches = training_batches(training, params.batch_size, params.augment, params.seed, epoch)
        loss = _run_epoch(step, batches, epoch, steps)
        speed = len(training) / (time.perf_counter() - epoch_started)
        if not all(np.isfinite(weights).all() for weights in averaged.get_weights()):
            raise NetchuError(f"the weights became NaN or infinite in epoch {epoch}; lower train.learning_rate")
        if history and loss > 1.5 * history[0]["loss"] + 10:
            raise NetchuError(
                f"the loss diverges: {loss:.0f} in epoch {epoch}, {history[0]['loss']:.0f} in the first; "
                "lower train.learning_rate or lengthen train.warmup"
            )
        cer = _validation_cer(predict, validation)
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
            {group: [v.numpy() for v in members] for group, members in variables.items()} | {"best": best}, history
        )
        left = (time.perf_counter() - started) / (epoch - resumed) * (params.epochs - epoch)
        print(f"{epoch:5d} {loss:9.3f} {cer:9.2f}{'*' if improved else ' '} {speed:9.1f} {left / 60:7.1f}m", flush=True)
    network.set_weights(best)
    return history


def _validation_cer(predict: Callable[[np.ndarray], tf.Tensor], lines: Subset) -> float:
    """CER in percent of the greedy reading of `lines`."""
    references: list[str] = []

    def images() -> Iterator[np.ndarray]:
        for row in lines:
            references.append(row["text"])
            yield row["image"]

    predictions = list(read_lines(images(), lambda batch: predict(batch).numpy(), greedy))
    return error_rates(references, predictions)["cer"]


def _images_of(network: keras.Model) -> tf.TensorSpec:
    """One signature for every batch, so that TensorFlow traces the network once."""
    return tf.TensorSpec(network.input_shape, tf.float32)


def _best_epoch(history: list[dict]) -> int:
    """The first epoch with the lowest validation CER; 0 before the first."""
    return min(history, key=lambda row: row["validation_cer"])["epoch"] if history else 0


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


def _training_step(
    network: keras.Model, averaged: keras.Model, optimizer: keras.optimizers.Optimizer, average: float
) -> Callable[[Batch], float]:
    """A function that takes a batch, changes `network` and `averaged` and returns the mean loss in nats a line."""

    @tf.function(
        input_signature=[
            _images_of(network),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
        ]
    )
    def step(images, frames, labels):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(ctc_loss(labels, network(images, training=True), frames))
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        # The average starts short, so that the first steps' random weights are forgotten soon.
        done = tf.cast(optimizer.iterations, tf.float32)
        keep = tf.minimum(average, (1 + done) / (10 + done))
        for mean, weight in zip(averaged.weights, network.weights, strict=True):
            mean.assign(keep * mean + (1 - keep) * weight)
        return loss

    return lambda batch: float(step(batch.images, batch.frames, batch.labels))


def _run_epoch(step: Callable[[Batch], float], batches: Iterator[Batch], epoch: int, steps: int) -> float:
    """The mean loss of one pass, in nats a line; batches are made in a thread while the network computes."""
    total = count = 0
    for index, batch in enumerate(progress(prefetch(batches), f"epoch {epoch}", steps), 1):
        loss = step(batch)
        if not math.isfinite(loss):
            raise NetchuError(
                f"the loss became {loss} in epoch {epoch}, step {index} of {steps}; "
                "lower train.learning_rate or train.clip_norm, or lengthen train.warmup"
            )
        total, count = total + loss * len(batch.images), count + len(batch.images)
    return total / count
