"""Training with TensorFlow, the default: the CTC loss (Graves et al. 2006), the training step and reading.

The loss is TensorFlow's native CPU kernel, some 16 times faster than keras.losses.CTC.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from netchu.training.batches import PAD, Batch
from netchu.training.ctc import fold_logits


def ctc_loss(labels: tf.Tensor, logits: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
    """Negative log-likelihood of each text, `(batch,)`, in nats.

    Args:
        labels: `(batch, longest text)` int32 classes, padded with PAD.
        logits: `(batch, frames, classes)` float32, the blank last.
        frames: `(batch,)` int32, how many frames of each line are not padding.

    A text must fit its line (`required_frames`): the loss is infinite where equal neighbours leave no room for the
    blank between them, and tensorflow.errors.InvalidArgumentError is raised where there are more classes than frames.
    """
    places = tf.where(labels != PAD)
    return tf.raw_ops.CTCLoss(
        inputs=tf.transpose(logits, (1, 0, 2)),
        labels_indices=places,
        labels_values=tf.gather_nd(labels, places),
        sequence_length=frames,
    )[0]


def training_step(
    network: keras.Model,
    branched: keras.Model,
    averaged: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    auxiliary: float,
    average: float,
) -> Callable[[Batch], float]:
    """A function that takes a batch, changes the networks and returns the mean loss of `network` in nats a line.

    Args:
        network: the network.
        branched: `network` with a second output, whose loss counts `auxiliary` times.
        averaged: its copy, which keeps `average` of its weights a step and takes the rest from `network`.
        optimizer: of `branched.trainable_variables`.
    """

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
            total = loss + auxiliary * shortcut_loss
        gradients = tape.gradient(total, branched.trainable_variables)
        optimizer.apply_gradients(zip(gradients, branched.trainable_variables, strict=True))
        # The average starts short, so that the first steps' random weights are forgotten soon.
        done = tf.cast(optimizer.iterations, tf.float32)
        keep = tf.minimum(average, (1 + done) / (10 + done))
        for mean, weight in zip(averaged.weights, network.weights, strict=True):
            mean.assign(keep * mean + (1 - keep) * weight)
        return loss

    return lambda batch: float(step(batch.images, batch.frames, batch.labels, batch.folded))


def reading(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """From images as `pad_images` makes them to the logits of `network`, `(batch, frames, classes)`."""
    read = tf.function(lambda images: network(images, training=False), input_signature=[_images_of(network)])
    return lambda images: read(images).numpy()


def _images_of(network: keras.Model) -> tf.TensorSpec:
    """One signature for every batch, so that TensorFlow traces the network once."""
    return tf.TensorSpec(network.input_shape, tf.float32)
