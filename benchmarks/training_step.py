"""Compare netchu's training step with Keras' own: `python -m benchmarks.training_step`.

It trains the network of params.yaml on a batch of random lines, as wide as real ones (832 pixels, 58 characters), and
prints the seconds of a step for

- netchu: TensorFlow's native CTC kernel, an LSTM with a hand-written gradient, averaged weights;
- netchu with keras.losses.CTC instead of the native kernel;
- Keras alone: layers.Bidirectional, compile(loss=keras.losses.CTC()) and train_on_batch;

and those of the loss and its gradient alone. It takes two minutes on two cores. Expect Keras alone to
take twice as long, and its loss over ten times as long.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from unittest import mock

import keras
import numpy as np
import tensorflow as tf

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from netchu.core.charset import BLANK, CHARSET
from netchu.core.folding import LabelStyle
from netchu.core.params import read_params
from netchu.training import network as network_module
from netchu.training import tensorflow_backend
from netchu.training.batches import PAD, Batch, make_batch
from netchu.training.network import add_auxiliary_output, build_network
from netchu.training.optimizer import build_optimizer
from netchu.training.tensorflow_backend import ctc_loss, make_training_step
from stages.train import Params

HEIGHT, WIDTH, CHARACTERS, REPEATS = 48, 832, 58, 5


def keras_ctc(labels: tf.Tensor, logits: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
    """Return the loss of each line by keras.losses.CTC, which has the blank first and counts all frames."""
    shifted = tf.concat([logits[..., -1:], logits[..., :-1]], axis=-1)
    return keras.losses.CTC(reduction=None)(tf.where(labels == PAD, 0, labels + 1), shifted)


def time_calls(function: Callable[[], object]) -> float:
    """Return the median seconds of REPEATS calls, after one that traces."""
    function()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def time_step(params: Params, loss: Callable) -> float:
    """Return the seconds of one training step with `loss`."""
    network = build_network(params.model, HEIGHT, seed=1)
    averaged = keras.models.clone_model(network)
    branched = add_auxiliary_output(network)
    optimizer = build_optimizer(params.train, steps=100)
    optimizer.build(branched.trainable_variables)
    batch = random_batch(params.train.batch_size)
    with mock.patch.object(tensorflow_backend, "ctc_loss", loss):
        step = make_training_step(network, branched, averaged, optimizer, params.train.auxiliary, params.train.average)
        return time_calls(lambda: step(batch))


def time_keras_step(params: Params) -> float:
    """Return the seconds of one training step as Keras does it by default."""
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
    return time_calls(lambda: branched.train_on_batch(batch.images, [labels, labels]))


def time_loss(loss: Callable, size: int) -> float:
    """Return the seconds of the loss and its gradient alone."""
    batch = random_batch(size)
    logits = tf.random.normal((size, WIDTH // 4, BLANK + 1))

    @tf.function
    def forward_and_gradient():
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = tf.reduce_sum(loss(tf.constant(batch.labels), logits, tf.constant(batch.frames)))
        return tape.gradient(value, logits)

    return time_calls(lambda: forward_and_gradient().numpy())


def random_batch(size: int) -> Batch:
    """Return a batch of `size` random lines."""
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list(CHARSET), CHARACTERS)) for _ in range(size)]
    images = [rng.integers(0, 256, (HEIGHT, WIDTH), np.uint8) for _ in range(size)]
    return make_batch(images, texts, [LabelStyle.EXACT] * size)


@report_errors()
def main() -> None:
    params = read_params(Params)
    size = params.train.batch_size
    print(f"{size} lines of {WIDTH} pixels and {CHARACTERS} characters, median of {REPEATS}\n")
    steps = {
        "netchu": partial(time_step, params, ctc_loss),
        "netchu with keras.losses.CTC": partial(time_step, params, keras_ctc),
        "Keras alone": partial(time_keras_step, params),
    }
    losses = {
        "native kernel": partial(time_loss, ctc_loss, size),
        "keras.losses.CTC": partial(time_loss, keras_ctc, size),
    }
    for title, measurements in (("training step", steps), ("loss and gradient alone", losses)):
        print_table([title, "seconds", "times"], compare(measurements))
        print()


def compare(measurements: dict[str, Callable[[], float]]) -> Iterator[list[str]]:
    """Yield the cells of a table row for each measurement: its seconds, and how many times those of the first."""
    first = None
    for name, measure in measurements.items():
        seconds = measure()
        first = first or seconds
        yield [name, f"{seconds:.3f}", f"{seconds / first:.1f}"]


if __name__ == "__main__":
    main()
