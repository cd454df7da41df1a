"""The fused AdamW changes weights as Keras's own."""

import keras
import numpy as np
import tensorflow as tf

from netchu.training.tensorflow_optimizer import FusedAdamW


def train(kind) -> list[np.ndarray]:
    """Return two weights after ten steps with gradients that `kind` clips, and with a changing learning rate."""
    random = np.random.default_rng(0)
    weights = [keras.Variable(random.normal(0, 1, shape).astype(np.float32)) for shape in ((3, 4), (5,))]
    schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=10)
    optimizer = kind(schedule, weight_decay=0.1, global_clipnorm=1.0)
    optimizer.build(weights)
    step = tf.function(lambda *gradients: optimizer.apply_gradients(zip(gradients, weights, strict=True)))
    for _ in range(10):
        step(*(tf.constant(random.normal(0, 1, weight.shape), tf.float32) for weight in weights))
    return [weight.numpy() for weight in weights]


def test_changes_weights_as_keras():
    for ours, theirs in zip(train(FusedAdamW), train(keras.optimizers.AdamW), strict=True):
        assert np.allclose(ours, theirs, atol=1e-6)
