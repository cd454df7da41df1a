"""The training step of the default network against Keras's own ways: `python -m benchmarks.training_step`.

A batch of random lines as wide as the real ones (832 pixels, 58 characters). Three steps with the same network:

- ours: native CTC kernel, LSTM with its gradient written out, averaged weights;
- the same step with keras.losses.CTC in place of the native kernel;
- all of Keras: layers.Bidirectional, compile(loss=keras.losses.CTC()) and train_on_batch.
"""

import statistics
import time
from collections.abc import Callable
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from netchu.core.charset import BLANK, CHARSET
from netchu.core.params import read_params
from netchu.training import network as network_module
from netchu.training import tensorflow_backend
from netchu.training.batches import PAD, make_batch
from netchu.training.network import add_auxiliary_output, build_network
from netchu.training.optimizer import build_optimizer
from netchu.training.tensorflow_backend import ctc_loss, make_training_step
from stages.train import Params

HEIGHT, WIDTH, CHARACTERS, REPEATS = 48, 832, 58, 5


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
    network = build_network(params.model, HEIGHT, seed=1)
    averaged = keras.models.clone_model(network)
    branched = add_auxiliary_output(network)
    optimizer = build_optimizer(params.train, steps=100)
    optimizer.build(branched.trainable_variables)
    batch = random_batch(params.train.batch_size)
    with mock.patch.object(tensorflow_backend, "ctc_loss", loss):
        step = make_training_step(network, branched, averaged, optimizer, params.train.auxiliary, params.train.average)
        return seconds(lambda: step(batch))


def keras_step_seconds(params: Params) -> float:
    """Seconds of one training step as Keras does it by default."""
    batch = random_batch(params.train.batch_size)
    labels = np.where(batch.labels == PAD, 0, batch.labels + 1)
    with mock.patch.object(network_module, "BidirectionalLSTM", keras.layers.Bidirectional):
        network = build_network(params.model, HEIGHT, seed=1)
    branched = add_auxiliary_output(network)
    branched.compile(
        build_optimizer(params.train, steps=100),
        loss=[keras.losses.CTC(), keras.losses.CTC()],
        loss_weights=[1, params.train.auxiliary],
    )
    return seconds(lambda: branched.train_on_batch(batch.images, [labels, labels]))


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
    return make_batch([rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8) for _ in range(size)], texts, [False] * size)


def main() -> None:
    params = read_params(Params)
    size = params.train.batch_size
    print(f"{size} lines of {WIDTH} pixels and {CHARACTERS} characters; seconds, median of {REPEATS}, and times ours")
    for title, rows in (
        (
            "training step",
            {
                "ours": step_seconds(params, ctc_loss),
                "ours with keras.losses.CTC": step_seconds(params, keras_ctc),
                "all of Keras": keras_step_seconds(params),
            },
        ),
        (
            "loss and gradient alone",
            {"native kernel": loss_seconds(ctc_loss, size), "keras.losses.CTC": loss_seconds(keras_ctc, size)},
        ),
    ):
        print(title)
        ours = next(iter(rows.values()))
        for name, value in rows.items():
            print(f"  {name:30}{value:8.3f}{value / ours:8.1f}x")


if __name__ == "__main__":
    main()
