"""The network in ONNX Runtime: equality with Keras, and errors for damaged models."""

import json
import shutil

import numpy as np
import pytest

from netchu.core.charset import CHARSET
from netchu.core.errors import NetchuError
from netchu.core.parallel import ordered_map
from netchu.reading.decoding import decode_best_path
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.padding import pad_images
from netchu.training.model_files import save_model
from netchu.training.network import NetworkParams, build_network
from netchu.training.onnx_export import export_onnx

TINY = NetworkParams(cnn_channels=[4, 6, 8], cnn_blocks=1, lstm_units=8, lstm_layers=1, dropout=0.0)


@pytest.fixture(scope="module")
def network():
    return build_network(TINY, 16, seed=3)


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "crnn"
    save_model(path, network, TINY, {"height": 16}, [np.zeros((16, 64), np.uint8)])
    return path


def random_images(count: int):
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, (16, width), np.uint8) for width in rng.integers(16, 300, count)]


def test_equals_keras_in_threads(network, folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    export_onnx(network, tmp_path / "model.onnx")  # not quantized
    images = random_images(200)
    all_logits = list(ordered_map(OnnxNetwork(tmp_path), images))
    for image, logits in list(zip(images, all_logits, strict=True))[::23]:
        expected = network(pad_images([image])).numpy()[0, : image.shape[1] // 4]
        np.testing.assert_allclose(logits, expected, atol=1e-4)
        assert decode_best_path(logits) == decode_best_path(expected)
    assert len(set(map(decode_best_path, all_logits))) > 20


@pytest.mark.parametrize("damage", ["no network", "cut network", "cut description"])
def test_names_damaged_model(folder, tmp_path, damage):
    path = tmp_path / "crnn"
    shutil.copytree(folder, path)
    match damage:
        case "no network":
            (path / "model.onnx").unlink()
        case "cut network":
            (path / "model.onnx").write_bytes((path / "model.onnx").read_bytes()[:1000])
        case "cut description":
            (path / "model.json").write_text('{"charset": ')
    with pytest.raises(NetchuError, match=r"crnn: no readable model \(.*run `dvc repro`") as caught:
        OnnxNetwork(path)
    assert "\n" not in str(caught.value)


def test_names_folder_that_is_no_model(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(NetchuError, match=f"{path}: no such folder, or no model.json in it; name the folder of a"):
            OnnxNetwork(path)


@pytest.mark.parametrize("change", [{"charset": CHARSET[1:]}, {"frame_width": 8}])
def test_rejects_model_of_another_charset_or_frame_width(folder, tmp_path, change):
    shutil.copytree(folder, tmp_path / "crnn")
    description = json.loads((folder / "model.json").read_text(encoding="utf-8")) | change
    (tmp_path / "crnn" / "model.json").write_text(json.dumps(description), encoding="utf-8")
    with pytest.raises(NetchuError, match="another charset or frame width"):
        OnnxNetwork(tmp_path / "crnn")


@pytest.mark.parametrize("description", ["{}", "[]", '{"charset": null}'])
def test_rejects_description_of_something_else(folder, tmp_path, description):
    shutil.copytree(folder, tmp_path / "crnn")
    (tmp_path / "crnn" / "model.json").write_text(description, encoding="utf-8")
    with pytest.raises(NetchuError, match="crnn"):
        OnnxNetwork(tmp_path / "crnn")
