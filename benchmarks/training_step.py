"""The training step with the native CTC kernel against keras.losses.CTC: `python -m benchmarks.training_step`.

The default network of params.yaml, a batch of random lines as wide as the real ones (832 pixels, 58 characters).
"""

import statistics
import time
from collections.abc import Callable
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from netchu import training
from netchu.batches import make_batch
from netchu.charset import BLANK, CHARSET
from netchu.ctc import PAD, ctc_loss
from netchu.network import build_network
from netchu.params import read_params
from stages.train import Params

WIDTH, CHARACTERS, REPEATS = 832, 58, 5


def keras_ctc(labels: tf.Tensor, logits: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
    """What keras.losses.CTC computes: blank first, all frames counted."""
    shifted = tf.concat([logits[..., -1:], logits[..., :-1]], axis=-1)
    return keras.losses.CTC(reduction=None)(tf.where(labels == PAD, 0, labels + 1), shifted)


def seconds(function: Callable[[], object]) -> float:
    """Median of REPEATS calls, after one that traces."""
    function()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def step_seconds(params: Params, loss: Callable) -> float:
    """Seconds of one training step with `loss`."""
    network = build_network(params.model, 48, seed=1)
    averaged = keras.models.clone_model(network)
    optimizer = training._optimizer(params.train, steps=100)
    optimizer.build(network.trainable_variables)
    with mock.patch.object(training, "ctc_loss", loss):
        step = training._training_step(network, averaged, optimizer, params.train.average)
        return seconds(lambda: step(random_batch(params.train.batch_size)))


def loss_seconds(loss: Callable, size: int) -> float:
    """Seconds of loss and gradient alone."""
    batch = random_batch(size)
    logits = tf.random.normal((size, WIDTH // 4, BLANK + 1))

    @tf.function
    def forward_and_gradient():
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = tf.reduce_sum(loss(tf.constant(batch.labels), logits, tf.constant(batch.frames)))
        return tape.gradient(value, logits)

    return seconds(lambda: forward_and_gradient().numpy())


def random_batch(size: int):
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list(CHARSET), CHARACTERS)) for _ in range(size)]
    return make_batch([rng.integers(0, 256, (48, WIDTH), np.uint8) for _ in range(size)], texts)


def main() -> None:
    params = read_params(Params)
    size = params.train.batch_size
    print(f"{size} lines of {WIDTH} pixels and {CHARACTERS} characters; seconds, median of {REPEATS}")
    print(f"{'':22}{'native':>9}{'Keras':>9}{'ratio':>8}")
    for name, measure in (
        ("training step", lambda loss: step_seconds(params, loss)),
        ("loss and gradient", lambda loss: loss_seconds(loss, size)),
    ):
        native, other = measure(ctc_loss), measure(keras_ctc)
        print(f"{name:22}{native:9.3f}{other:9.3f}{other / native:7.1f}x")


if __name__ == "__main__":
    main()
