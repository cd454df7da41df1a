"""A trained model as a folder: weights for Keras, an ONNX network for reading, a JSON that rebuilds both.

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
from netchu.pictures.frames import FRAME_WIDTH
from netchu.reading.padding import pad_images
from netchu.training.network import NetworkParams, build_network
from netchu.training.onnx_export import export_onnx
from netchu.training.quantization import quantize


def save_model(
    folder: Path, network: keras.Model, params: NetworkParams, preprocess: dict, samples: Iterable[np.ndarray]
) -> None:
    """Write `model.weights.h5`, `model.json` and `model.onnx` into `folder`.

    Args:
        preprocess: the parameters that turned images into the line images that `network` was trained on.
        samples: some of these, uint8 `(height, width)`, by which `model.onnx` is quantized.
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


def load_network(folder: Path, preprocess: dict, seed: int) -> tuple[keras.Model, NetworkParams]:
    """The network that `save_model` wrote into `folder`, to train it further.

    Raises:
        NetchuError: there is none, or it was made for another charset or for line images made in another way than with
            the parameters `preprocess`.
    """
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        params = NetworkParams(**description["network"])
        made_for = {key: description[key] for key in ("charset", "frame_width", "preprocess")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NetchuError(f"train.init_from: {folder}/model.json: no model ({' '.join(str(error).split())})") from None
    for key, value in {"charset": CHARSET, "frame_width": FRAME_WIDTH, "preprocess": preprocess}.items():
        if made_for[key] != value:
            raise NetchuError(f"train.init_from: {folder}: made for {key} {made_for[key]}, here it is {value}")
    network = build_network(params, preprocess["height"], seed)
    try:
        network.load_weights(folder / "model.weights.h5")
    except (OSError, ValueError, KeyError) as error:
        raise NetchuError(f"train.init_from: {folder}/model.weights.h5: {' '.join(str(error).split())}") from None
    return network, params


def _compress(path: Path) -> None:
    """Write the HDF5 file at `path` anew with its arrays compressed, which Keras reads as well: a tenth less."""
    plain = path.rename(path.with_suffix(".plain"))
    with h5py.File(plain) as source, h5py.File(path, "w") as target:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                copied = target.create_group(name)
            elif item.shape:
                copied = target.create_dataset(name, data=item[()], compression="gzip", shuffle=True)
            else:
                copied = target.create_dataset(name, data=item[()])
            copied.attrs.update(item.attrs)

        source.visititems(copy)
    plain.unlink()
