"""Batch normalization with the fused kernel of TensorFlow, against the layer of Keras."""

import keras
import numpy as np
import tensorflow as tf

from netchu.training.tensorflow_normalization import FusedBatchNormalization


def test_has_outputs_gradients_and_moving_averages_of_keras():
    images = tf.constant(np.random.default_rng(1).normal(2, 3, (4, 6, 20, 5)).astype(np.float32))
    results = []
    for layer in (FusedBatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)):
        layer.build(images.shape)
        layer.gamma.assign(np.arange(1, 6))
        layer.beta.assign(np.arange(5))
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(images, training=True)
            loss = tf.reduce_sum(tf.sin(outputs))
        gradients = tape.gradient(loss, [images, layer.gamma.value, layer.beta.value])
        results.append([outputs, *gradients, layer.moving_mean, layer.moving_variance])
    *exact, fused_variance = zip(*results, strict=True)
    assert all(np.allclose(fused, expected, rtol=1e-4, atol=1e-3) for fused, expected in exact)
    biased = images.numpy().var(axis=(0, 1, 2))
    assert np.allclose(fused_variance[1], 0.9 + 0.1 * biased, rtol=1e-5)
    assert np.allclose(fused_variance[0], 0.9 + 0.1 * biased * 480 / 479, rtol=1e-5)  # averages the unbiased variance


def test_computes_in_low_precision_with_statistics_of_full_precision():
    layer = FusedBatchNormalization(momentum=0.5, dtype="mixed_bfloat16")
    images = np.random.default_rng(1).normal(2, 3, (4, 6, 20, 5)).astype(np.float32)
    assert layer(images, training=True).dtype == tf.bfloat16
    assert layer.moving_mean.dtype == layer.moving_variance.dtype == "float32"
    assert np.allclose(layer.moving_mean, images.mean(axis=(0, 1, 2)) / 2, atol=0.02)
