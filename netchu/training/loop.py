"""The training loop: AdamW with warm-up and cosine, averaged weights, validation CER, early stopping, resuming."""

import math
import time
from collections.abc import Callable, Collection, Iterator

import keras
import numpy as np
import tensorflow as tf
from pydantic import Field, model_validator

from netchu.core.charset import BLANK
from netchu.core.errors import NetchuError
from netchu.core.folding import fold
from netchu.core.parallel import prefetch
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.core.subsets import Subset
from netchu.evaluation.metrics import error_rates
from netchu.pictures.line_image import FRAME_WIDTH
from netchu.reading.decoding import greedy, log_softmax
from netchu.reading.lines import read_lines
from netchu.reading.padding import pad_images
from netchu.training.augment import AugmentParams
from netchu.training.batches import Batch, training_batches
from netchu.training.checkpoint import Checkpoint
from netchu.training.composition import word_cuts
from netchu.training.ctc import ctc_loss, fold_logits
from netchu.training.network import FEATURES


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

    After every epoch the whole state goes to `checkpoint`, from which an interrupted run goes on: its result is the
    one of an undisturbed run.

    The loss is CTC of the logits, and, `params.auxiliary` times, of a linear layer on the CNN's features, which makes
    the CNN itself learn to read (Retsinas et al. 2022).

    Args:
        folded: sources whose labels say nothing of case and punctuation; neither loss nor CER counts these there.

    Returns:
        The history, a dictionary an epoch: epoch, loss (nats a line), validation_cer (percent), learning_rate.

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
    step = _training_step(network, branched, averaged, optimizer, params)
    predict = tf.function(lambda images: averaged(images, training=False), input_signature=[_images_of(averaged)])
    cuts = _word_cuts(predict, training, folded) if params.augment.shuffle else {}
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
            print(f"train: validation CER has been worse than its best for {params.patience} epochs: stops", flush=True)
            break
        epoch_started = time.perf_counter()
        batches = training_batches(training, folded, cuts, params.batch_size, params.augment, params.seed, epoch)
        loss = _run_epoch(step, batches, epoch, steps)
        speed = len(training) / (time.perf_counter() - epoch_started)
        if not all(np.isfinite(weights).all() for weights in averaged.get_weights()):
            raise NetchuError(f"the weights became NaN or infinite in epoch {epoch}; lower train.learning_rate")
        if history and loss > 1.5 * history[0]["loss"] + 10:
            raise NetchuError(
                f"the loss diverges: {loss:.0f} in epoch {epoch}, {history[0]['loss']:.0f} in the first; "
                "lower train.learning_rate or lengthen train.warmup"
            )
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
            {group: [v.numpy() for v in members] for group, members in variables.items()} | {"best": best}, history
        )
        left = (time.perf_counter() - started) / (epoch - resumed) * (params.epochs - epoch)
        print(f"{epoch:5d} {loss:9.3f} {cer:9.2f}{'*' if improved else ' '} {speed:9.1f} {left / 60:7.1f}m", flush=True)
    network.set_weights(best)
    return history


def _validation_cer(predict: Callable[[np.ndarray], tf.Tensor], lines: Subset, folded: Collection[str]) -> float:
    """CER in percent of the greedy reading of `lines`."""
    rows: list[dict] = []

    def images() -> Iterator[np.ndarray]:
        for row in lines:
            rows.append({"text": row["text"], "source": row["source"]})
            yield row["image"]

    predictions = list(read_lines(images(), lambda batch: predict(batch).numpy(), greedy))
    texts = [
        [fold(text) if row["source"] in folded else text for text in (row["text"], prediction)]
        for row, prediction in zip(rows, predictions, strict=True)
    ]
    return error_rates(*zip(*texts, strict=True))["cer"]


def _branch(network: keras.Model) -> keras.Model:
    """`network` with a second output, logits that a linear layer makes of the CNN's features."""
    features = network.get_layer(FEATURES).output
    return keras.Model(network.input, [network.output, keras.layers.Dense(BLANK + 1)(features)])


def _word_cuts(
    predict: Callable[[np.ndarray], tf.Tensor], lines: Subset, folded: Collection[str]
) -> dict[str, list[int]]:
    """Where to cut each line between its words, by id."""
    cuts = {}
    for row in progress(lines, "train: finding words", len(lines)):
        logits = predict(pad_images([row["image"]]))
        if row["source"] in folded:
            logits = fold_logits(logits, tf.constant([True]))
        # Folded only for the alignment, which then has a word for each word of the text: folding keeps its spaces.
        text = row["text"].lower() if row["source"] in folded else row["text"]
        frames = row["image"].shape[1] // FRAME_WIDTH
        cuts[row["id"]] = word_cuts(row["image"], text, log_softmax(logits.numpy()[0, :frames]))
    return cuts


def _images_of(network: keras.Model) -> tf.TensorSpec:
    """One signature for every batch, so that TensorFlow traces the network once."""
    return tf.TensorSpec(network.input_shape, tf.float32)


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


def _training_step(
    network: keras.Model,
    branched: keras.Model,
    averaged: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    params: TrainParams,
) -> Callable[[Batch], float]:
    """A function that takes a batch, changes the networks and returns the mean loss of `network` in nats a line."""

    @tf.function(
        input_signature=[
            _images_of(network),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None,), tf.bool),
        ]
    )
    def step(images, frames, labels, folded):
        with tf.GradientTape() as tape:
            loss, shortcut_loss = (
                tf.reduce_mean(ctc_loss(labels, fold_logits(logits, folded), frames))
                for logits in branched(images, training=True)
            )
            total = loss + params.auxiliary * shortcut_loss
        gradients = tape.gradient(total, branched.trainable_variables)
        optimizer.apply_gradients(zip(gradients, branched.trainable_variables, strict=True))
        # The average starts short, so that the first steps' random weights are forgotten soon.
        done = tf.cast(optimizer.iterations, tf.float32)
        keep = tf.minimum(params.average, (1 + done) / (10 + done))
        for mean, weight in zip(averaged.weights, network.weights, strict=True):
            mean.assign(keep * mean + (1 - keep) * weight)
        return loss

    return lambda batch: float(step(batch.images, batch.frames, batch.labels, batch.folded))


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
