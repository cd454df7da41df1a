"""A trained model as a folder: weights for Keras, an ONNX network for reading, and a description of both in JSON.

All three files are byte-identical for equal weights and samples.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import h5py
import keras
import numpy as np

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.frames import FRAME_WIDTH
from netchu.core.printing import describe_error
from netchu.reading.padding import pad_images
from netchu.training.network import NetworkParams, build_network
from netchu.training.onnx_export import export_onnx
from netchu.training.quantization import quantize


def save_model(
    folder: Path, network: keras.Model, params: NetworkParams, preprocess: dict, samples: Iterable[np.ndarray]
) -> None:
    """Write `model.weights.h5`, `model.json` and `model.onnx` into `folder`.

    Args:
        preprocess: the parameters that made the line images that `network` was trained on.
        samples: some of these line images, uint8 `(height, width)`, for the quantization of `model.onnx`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network.save_weights(folder / "model.weights.h5")
    _compress(folder / "model.weights.h5")
    description = {
        "charset": CHARSET,
        "frame_width": FRAME_WIDTH,
        "network": params.model_dump(),
        "preprocess": preprocess,
    }
    write_json(folder / "model.json", description)
    export_onnx(network, folder / "model.onnx")
    quantize(folder / "model.onnx", (pad_images([sample]) for sample in samples))


def load_network(folder: Path, height: int, seed: int) -> tuple[keras.Model, NetworkParams]:
    """Return the network that `save_model` wrote into `folder`, and its parameters, for fine-tuning.

    Args:
        height: of the line images for the fine-tuning, in pixels; other changes of preprocessing are learnt.
        seed: determines dropout.

    Raises:
        NetchuError: there is no model, or it was trained with another charset, frame width or height.
    """
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        params = NetworkParams(**description["network"])
        trained_with = {key: description[key] for key in ("charset", "frame_width")}
        trained_with["height"] = description["preprocess"]["height"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NetchuError(
            f"train.init_from: {folder}/model.json: no model ({describe_error(error)}); "
            "name a folder that the stage train wrote"
        ) from None
    for key, value in {"charset": CHARSET, "frame_width": FRAME_WIDTH, "height": height}.items():
        if trained_with[key] != value:
            raise NetchuError(
                f"train.init_from: {folder}: was trained with {key} {trained_with[key]}, not {value}; "
                "choose another model"
            )
    network = build_network(params, height, seed)
    try:
        network.load_weights(folder / "model.weights.h5")
    except (OSError, ValueError, KeyError) as error:
        raise NetchuError(
            f"train.init_from: {folder}/model.weights.h5: cannot be loaded ({describe_error(error)}); "
            "copy the model again"
        ) from None
    return network, params


def _compress(path: Path) -> None:
    """Halve the HDF5 file at `path`: store kernels as float16 and compress all arrays; Keras reads such files, too.

    Rounding changes the weights of kernels by at most 0.05 %. Biases and the statistics of batch normalization stay
    float32.
    """
    uncompressed = path.rename(path.with_suffix(".uncompressed"))
    with h5py.File(uncompressed) as source, h5py.File(path, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                copied = target.create_group(name)
            elif item.shape:
                stored = np.float16 if item.ndim > 1 else item.dtype
                copied = target.create_dataset(name, data=item[()].astype(stored), compression="gzip", shuffle=True)
            else:
                copied = target.create_dataset(name, data=item[()])
            copied.attrs.update(item.attrs)

        source.visititems(copy)
    uncompressed.unlink()
