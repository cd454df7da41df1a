"""The bidirectional LSTM under TensorFlow has the values and gradients of Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from netchu.training.tensorflow_lstm import BidirectionalLSTM


def values_and_gradients(kind, sequences: np.ndarray, units: int, training: bool):
    keras.utils.set_random_seed(1)
    layer = kind(layers.LSTM(units, return_sequences=True, bias_initializer="random_normal"))
    sequences = tf.constant(sequences)
    with tf.GradientTape() as tape:
        tape.watch(sequences)
        values = layer(sequences, training=training)
        # Weighted so that every frame, direction and unit has a different gradient.
        loss = tf.reduce_sum(values * tf.cos(tf.reshape(tf.range(tf.size(values), dtype=tf.float32), values.shape)))
    return [values, *tape.gradient(loss, [sequences, *layer.trainable_variables])]


@pytest.mark.parametrize(
    ("batch", "frames", "features", "units"), [(1, 1, 1, 1), (3, 17, 5, 4), (2, 40, 8, 16), (2, 150, 3, 4)]
)
def test_has_values_and_gradients_of_keras(batch, frames, features, units):
    sequences = np.random.default_rng(0).normal(0, 1, (batch, frames, features)).astype(np.float32)
    ours = values_and_gradients(BidirectionalLSTM, sequences, units, training=True)
    theirs = values_and_gradients(layers.Bidirectional, sequences, units, training=True)
    assert len(ours) == len(theirs) == 8
    for one, other in zip(ours, theirs, strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_predicts_the_values_of_training():
    sequences = np.random.default_rng(0).normal(0, 1, (2, 9, 3)).astype(np.float32)
    trained = values_and_gradients(BidirectionalLSTM, sequences, 4, training=True)[0]
    assert np.allclose(trained, values_and_gradients(BidirectionalLSTM, sequences, 4, training=False)[0], atol=1e-6)


def test_accepts_any_length_when_compiled():
    layer = BidirectionalLSTM(layers.LSTM(4, return_sequences=True))
    step = tf.function(lambda x: layer(x, training=True), input_signature=[tf.TensorSpec((None, None, 3))])
    for shape in ((1, 5, 3), (2, 11, 3)):
        x = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
        assert np.allclose(step(x), layer(x, training=False), atol=1e-6)
