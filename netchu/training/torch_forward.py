"""The forward pass of a training step in PyTorch's own functions, because a GPU would wait for Keras's layers.

Keras spends half a millisecond of Python on each layer, and many small operations on batch normalization. The variables
are those of the Keras model, so it receives the gradients and the moving statistics.
"""

import keras
import torch
from keras import layers
from torch import distributed
from torch.nn import functional

from netchu.training.torch_lstm import BidirectionalLSTM


def forward(network: keras.Model, images: torch.Tensor) -> list[torch.Tensor]:
    """Return the outputs of `network(images, training=True)`, but with dropout from PyTorch's random numbers.

    Args:
        images: `(batch, height, width, channels)` float32.
    """
    results = {network.input.name: images}
    for layer in network.operations:
        if not isinstance(layer, layers.InputLayer):
            inputs = layer.input if isinstance(layer.input, list) else [layer.input]
            results[layer.output.name] = _apply(layer, *(results[each.name] for each in inputs))
    return [results[output.name] for output in network.outputs]


def _apply(layer: keras.Operation, *inputs: torch.Tensor) -> torch.Tensor:
    """Return the output of one layer. Images are `(batch, height, width, channels)`, as in Keras."""
    if not isinstance(layer, layers.Layer):
        return layer(*inputs)
    x, *others = (each.to(getattr(torch, layer.compute_dtype)) for each in inputs)
    match layer:
        case layers.Conv2D():
            return _convolve(layer, x)
        # In several processes it is the layer that sums the statistics over all of them.
        case layers.BatchNormalization() if not distributed.is_initialized():
            return _normalize(layer, x)
        case layers.ReLU():
            return functional.relu(x)
        case layers.Add():
            return sum(others, x)
        case layers.MaxPooling2D():
            return functional.max_pool2d(x.permute(0, 3, 1, 2), layer.pool_size).permute(0, 2, 3, 1)
        case layers.Dropout():
            return functional.dropout(x, layer.rate)
        case layers.Dense():
            return functional.linear(x, layer.kernel.value.T, layer.bias.value)
        case BidirectionalLSTM():
            return layer.call(x, training=True)
    return layer(x, *others, training=True)


def _convolve(layer: layers.Conv2D, x: torch.Tensor) -> torch.Tensor:
    """Apply a convolution without bias and with padding "same"."""
    padding = []
    for size, kernel, stride in zip(x.shape[1:3], layer.kernel_size, layer.strides, strict=True):
        total = max(kernel - (size % stride or stride), 0)
        padding = [total // 2, total - total // 2, *padding]  # the last dimension first
    kernel = layer.kernel.value.to(x.dtype).permute(3, 2, 0, 1)
    padded = functional.pad(x.permute(0, 3, 1, 2), padding)
    return functional.conv2d(padded, kernel, stride=layer.strides).permute(0, 2, 3, 1)


def _normalize(layer: layers.BatchNormalization, x: torch.Tensor) -> torch.Tensor:
    """Apply batch normalization with the statistics of the batch, and add them to the moving ones."""
    mean, variance = torch.zeros_like(layer.moving_mean.value), torch.zeros_like(layer.moving_variance.value)
    scale, shift = layer.gamma.value, layer.beta.value
    x = functional.batch_norm(x.permute(0, 3, 1, 2), mean, variance, scale, shift, True, 1.0, layer.epsilon)
    with torch.no_grad():
        values = x.numel() // x.shape[1]
        biased = variance * ((values - 1) / values)  # as in Keras
        layer.moving_mean.value.lerp_(mean, 1 - layer.momentum)
        layer.moving_variance.value.lerp_(biased, 1 - layer.momentum)
    return x.permute(0, 2, 3, 1)
