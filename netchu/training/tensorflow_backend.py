"""Training with TensorFlow, the default: the CTC loss (Graves et al. 2006), the training step and the prediction.

The loss is TensorFlow's native CPU kernel, about 16 times as fast as keras.losses.CTC.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from netchu.training.averaging import averaging_decay
from netchu.training.batches import PAD, Batch
from netchu.training.ctc import merge_logits


def ctc_loss(labels: tf.Tensor, logits: tf.Tensor, frames: tf.Tensor) -> tf.Tensor:
    """Return the negative log-likelihood of each text, `(batch,)`, in nats.

    Args:
        labels: `(batch, longest text)` int32 classes, padded with PAD.
        logits: `(batch, frames, classes)` float32, the blank last.
        frames: `(batch,)` int32, frames of each line without the padding.

    A text must fit its line (`required_frames`). The loss is infinite for a text that fits only without the blanks
    between equal neighbours; tensorflow.errors.InvalidArgumentError is raised for a text with more classes than frames.
    """
    positions = tf.where(labels != PAD)
    return tf.raw_ops.CTCLoss(
        inputs=tf.transpose(logits, (1, 0, 2)),
        labels_indices=positions,
        labels_values=tf.gather_nd(labels, positions),
        sequence_length=frames,
    )[0]


def make_training_step(
    network: keras.Model,
    branched: keras.Model,
    averaged: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    auxiliary: float,
    average: float,
) -> Callable[[Batch], float]:
    """Return a function that trains on a batch and returns the mean loss of `network` in nats per line.

    Args:
        network: the network to train.
        branched: `network` with a second output (`add_auxiliary_output`), whose loss counts `auxiliary` times.
        averaged: a copy of `network`, whose weights become the averages of the weights of all steps.
        optimizer: built for `branched.trainable_variables`.
        average: maximum decay of the averages (`averaging_decay`).
    """

    @tf.function(
        input_signature=[
            _image_signature(network),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None,), tf.int32),
        ]
    )
    def step(images, frames, labels, styles):
        with tf.GradientTape() as tape:
            loss, auxiliary_loss = (
                tf.reduce_mean(ctc_loss(labels, merge_logits(logits, styles), frames))
                for logits in branched(images, training=True)
            )
            total = loss + auxiliary * auxiliary_loss
        gradients = tape.gradient(total, branched.trainable_variables)
        optimizer.apply_gradients(zip(gradients, branched.trainable_variables, strict=True))
        decay = averaging_decay(average, tf.cast(optimizer.iterations, tf.float32))
        for mean, weight in zip(averaged.weights, network.weights, strict=True):
            mean.assign_sub((1 - decay) * (mean - weight))
        return loss

    return lambda batch: float(step(batch.images, batch.frames, batch.labels, batch.styles))


def make_predictor(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that maps images, as `pad_images` makes them, to logits `(batch, frames, classes)`."""
    predict = tf.function(lambda images: network(images, training=False), input_signature=[_image_signature(network)])
    return lambda images: predict(images).numpy()


def _image_signature(network: keras.Model) -> tf.TensorSpec:
    """Return a signature for any number and width of images, so that TensorFlow traces the network only once."""
    return tf.TensorSpec(network.input_shape, tf.float32)
