"""The CRNN: a residual CNN, column max-pooling, bidirectional LSTMs and a linear layer that returns CTC logits.

Shi, Bai and Yao 2017 (CRNN); column max-pooling instead of flattening as in Retsinas et al. 2022, "Best practices for a
handwritten text recognition system".
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from keras import Model, layers, models, ops, utils
from pydantic import Field

from netchu.core.charset import BLANK, encode
from netchu.core.params import Section
from netchu.training.backend import BidirectionalLSTM, TrainingBatchNormalization

_FEATURES = "features"
"""Name of the last layer of the CNN; its output is `(batch, frames, channels)`."""

_LOGITS = "logits"
"""Name of the output layer."""

_BLANKS_PER_CHARACTER = 4
"""Frames with the blank for each frame with a character, in the frequencies from which the training starts."""


class NetworkParams(Section):
    """Group `model` of params.yaml."""

    cnn_channels: list[Annotated[int, Field(ge=1, le=1024)]] = Field(min_length=3, max_length=3)
    cnn_blocks: int = Field(ge=1, le=4)
    lstm_units: int = Field(ge=1, le=1024)
    lstm_layers: int = Field(ge=1, le=4)
    dropout: float = Field(ge=0, lt=1)


def build_network(params: NetworkParams, height: int, seed: int) -> Model:
    """Return a network for line images of `height` pixels; `seed` determines initial weights and dropout.

    Input: `(batch, height, width, 1)` float32, ink 1 and paper 0, width a multiple of FRAME_WIDTH pixels.
    Output: logits `(batch, width / FRAME_WIDTH, len(CHARSET) + 1)`, the CTC blank last.
    """
    utils.set_random_seed(seed)
    image = layers.Input((height, None, 1), name="image")
    x = _convolve(image, params.cnn_channels[0], kernel=5, strides=2)
    for stage, channels in enumerate(params.cnn_channels):
        if stage:
            x = layers.MaxPooling2D((2, 2) if stage == 1 else (2, 1))(x)
        for _ in range(params.cnn_blocks):
            x = residual_block(x, channels)
    x = layers.Dropout(params.dropout, name=_FEATURES)(ops.max(x, axis=1))
    for _ in range(params.lstm_layers):
        # No cuDNN where TensorFlow has a GPU: its operator cannot be exported to ONNX.
        x = BidirectionalLSTM(layers.LSTM(params.lstm_units, return_sequences=True, use_cudnn=False))(x)
        x = layers.Dropout(params.dropout)(x)
    return Model(image, layers.Dense(BLANK + 1, name=_LOGITS)(x), name="crnn")


def set_class_frequencies(network: Model, texts: Iterable[str]) -> None:
    """Set the bias of the output to the logarithm of how frequent each class is in `texts`.

    Then the untrained network gives every frame about these frequencies (Lin et al. 2017, "Focal loss for dense object
    detection", section 3.3). With a bias of zero it first learns to return the blank for every frame, and stays in
    that state for 60 steps or more.
    """
    counts = np.ones(BLANK + 1)
    for text in texts:
        np.add.at(counts, encode(text), 1)
    counts[BLANK] = _BLANKS_PER_CHARACTER * counts[:BLANK].sum()
    bias = np.log(counts)
    network.get_layer(_LOGITS).bias.assign((bias - bias.mean()).astype(np.float32))


def copy_network(network: Model, precision: Literal["float32", "bfloat16"]) -> Model:
    """Return a copy of `network` that computes its CNN with numbers of this precision.

    The weights stay float32, and so do the LSTMs and the output: in bfloat16 they lose accuracy, and win little time.
    """
    names = [layer.name for layer in network.layers]
    cnn = set(names[: names.index(_FEATURES)])

    def copy_layer(layer):
        config, layer_class = layer.get_config(), type(layer)
        if precision == "bfloat16" and layer.name in cnn:
            config["dtype"] = "mixed_bfloat16"
        if layer_class is layers.BatchNormalization:
            layer_class = TrainingBatchNormalization
        return layer_class.from_config(config)

    copy = models.clone_model(network, clone_function=copy_layer)
    copy.set_weights(network.get_weights())
    return copy


def add_auxiliary_output(network: Model) -> Model:
    """Return `network` with a second output: the logits of a linear layer on the features of the CNN.

    The linear layer starts with the bias of the first output, and with weights of zero, because random weights times
    the large features would outweigh the bias.
    """
    linear = layers.Dense(BLANK + 1, kernel_initializer="zeros")
    logits = linear(network.get_layer(_FEATURES).output)
    linear.bias.assign(network.get_layer(_LOGITS).bias)
    return Model(network.input, [network.output, logits])


def residual_block(x, channels: int):
    """Apply two 3x3 convolutions and a shortcut (He et al. 2016)."""
    shortcut = x if x.shape[-1] == channels else _convolve(x, channels, kernel=1, relu=False)
    x = _convolve(_convolve(x, channels), channels, relu=False)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _convolve(x, channels: int, kernel: int = 3, strides: int = 1, relu: bool = True):
    """Apply a convolution, batch normalization and, if `relu` is true, a ReLU."""
    x = layers.Conv2D(channels, kernel, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    return layers.ReLU()(x) if relu else x
