"""Quantization of the exported network to 8 bits: it reads in a third of the time and has a quarter of the bytes.

Post-training quantization (Jacob et al. 2018). Weights are scaled per channel. Activations of the convolutions and the
last layer are scaled by their range on training lines, those of the LSTMs by their range on the line that is read.
"""

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from netchu.training.onnx_export import write_canonical


class _CalibrationLines(CalibrationDataReader):
    """Batches of line images, in the form that onnxruntime's quantization reads."""

    def __init__(self, images: Iterable[np.ndarray]):
        self._images = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._images, None)
        return None if image is None else {"image": image}


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Suppress the warnings of quantize_dynamic about tensors that quantize_static has quantized."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def quantize(path: Path, images: Iterable[np.ndarray]) -> None:
    """Replace the ONNX network at `path`, with input `image`, by one with 8-bit weights and activations.

    Args:
        images: typical batches, as `pad_images` makes them, that determine the ranges of activations.
    """
    # reduce_range: weights of 7 bits, because processors without VNNI add two products in 16 bits, and could overflow.
    weights = {"per_channel": True, "reduce_range": True, "weight_type": QuantType.QInt8}
    # Relu: what follows a convolution is then quantized once, not before and after the Relu.
    activations = {"op_types_to_quantize": ["Conv", "Relu", "MatMul"], "activation_type": QuantType.QUInt8}
    with tempfile.TemporaryDirectory() as scratch, _without_warnings():
        prepared, static, complete = (f"{scratch}/{name}.onnx" for name in ("prepared", "static", "complete"))
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
        quantize_static(prepared, static, _CalibrationLines(images), **activations, **weights)
        quantize_dynamic(static, complete, op_types_to_quantize=["LSTM"], **weights)
        write_canonical(onnx.load(complete), path)
