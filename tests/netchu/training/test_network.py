"""The network: shapes, determinism, saving, loading and export."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest

from netchu.core.charset import BLANK, CHARSET
from netchu.core.errors import NetchuError
from netchu.core.frames import FRAME_WIDTH
from netchu.reading.padding import pad_images
from netchu.training.model_files import load_network, save_model
from netchu.training.network import (
    NetworkParams,
    add_auxiliary_output,
    build_network,
    copy_network,
    residual_block,
    set_class_frequencies,
)
from netchu.training.onnx_export import export_onnx
from netchu.training.quantization import quantize

ROOT = Path(__file__).parents[3]
TINY = NetworkParams(cnn_channels=[4, 6, 8], cnn_blocks=1, lstm_units=8, lstm_layers=2, dropout=0.2)
SAMPLES = list(np.random.default_rng(3).integers(0, 256, (4, 16, 64), np.uint8))


@pytest.mark.parametrize(("height", "width"), [(16, 32), (48, 320), (61, 64), (48, 16)])
def test_gives_one_frame_per_four_pixels(height, width):
    network = build_network(TINY, height, seed=1)
    assert network(np.zeros((2, height, width, 1), np.float32)).shape == (2, width // FRAME_WIDTH, BLANK + 1)


def test_initializes_weights_by_the_seed():
    first, same, different = (build_network(TINY, 16, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, different, strict=True))


def test_starts_with_the_frequencies_of_the_classes():
    network = build_network(TINY, 16, seed=1)
    set_class_frequencies(network, iter(["aab", "a"]))
    images = np.random.default_rng(1).random((2, 16, 64, 1), np.float32)
    main, auxiliary = (softmax(output.numpy()) for output in add_auxiliary_output(network)(images))
    a, b, unused = (CHARSET.index(character) for character in "abc")
    assert np.allclose(auxiliary[..., BLANK], 0.8, atol=1e-5)
    # Each character counts once more than it occurs, so that none is impossible.
    for character, count in ((a, 4), (b, 2), (unused, 1)):
        assert np.allclose(auxiliary[..., character], 0.2 * count / (BLANK + 4), atol=1e-5)
    assert np.abs(main - auxiliary).max() < 0.1


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(-1, keepdims=True)


@pytest.mark.parametrize("channels", [3, 5])
def test_adds_a_shortcut_to_the_convolutions_of_a_block(channels):
    """With convolutions that give zero, the shortcut remains: the input or, with other channels, a mix of it."""
    image = keras.Input((4, 6, 3))
    block = keras.Model(image, residual_block(image, channels))
    for layer in block.layers:
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (3, 3):
            layer.set_weights([np.zeros_like(layer.get_weights()[0])])
    values = np.random.default_rng(1).normal(size=(2, 4, 6, 3)).astype(np.float32)
    if channels == 3:
        expected = values
    else:
        (mix,) = (layer for layer in block.layers if getattr(layer, "kernel_size", None) == (1, 1))
        expected = values @ mix.get_weights()[0][0, 0]
    assert np.allclose(block(values), np.maximum(expected, 0), atol=1e-2)


def test_copies_a_network_with_a_cnn_of_low_precision():
    network, images = build_network(TINY, 16, seed=1), np.random.default_rng(1).random((2, 16, 64, 1), np.float32)
    copy, exact = copy_network(network, "bfloat16"), copy_network(network, "float32")
    assert {weight.dtype for weight in copy.weights} == {"float32"}
    assert all(np.array_equal(a, b) for a, b in zip(network.get_weights(), copy.get_weights(), strict=True))
    dtypes = {type(layer).__name__: layer.compute_dtype for layer in copy.layers}
    assert dtypes["Conv2D"] == dtypes["ReLU"] == "bfloat16"
    assert dtypes["BidirectionalLSTM"] == dtypes["Dropout"] == dtypes["Dense"] == "float32"
    logits = network(images).numpy()
    assert np.array_equal(exact(images), logits)
    assert 0 < np.abs(copy(images) - logits).max() < 0.1 * np.abs(logits).max()


def test_exports_a_network_with_the_logits_of_keras(tmp_path):
    network = build_network(TINY, 16, seed=1)
    export_onnx(network, tmp_path / "model.onnx")
    for shape in ((1, 16, 32, 1), (3, 16, 160, 1)):
        images = np.random.default_rng(1).random(shape, np.float32)
        assert np.abs(logits(tmp_path / "model.onnx", images) - network(images).numpy()).max() < 1e-5


def logits(path, images):
    return onnxruntime.InferenceSession(path).run(None, {"image": images})[0]


def test_changes_logits_little_by_quantization(tmp_path):
    """The errors are well below the differences between frames, although these are small in an untrained network."""
    network = build_network(TINY, 16, seed=1)
    export_onnx(network, tmp_path / "model.onnx")
    images = pad_images(np.random.default_rng(1).integers(0, 256, (3, 16, 160), np.uint8))
    exact = logits(tmp_path / "model.onnx", images)
    quantize(tmp_path / "model.onnx", [pad_images([sample]) for sample in SAMPLES])
    error = logits(tmp_path / "model.onnx", images) - exact
    assert 0 < error.std() < 0.25 * exact.std(axis=(0, 1)).mean()
    operators = {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert "DynamicQuantizeLSTM" in operators and "LSTM" not in operators
    # Only the sums of the residual blocks, which are not quantized themselves, keep their Relu.
    graph = onnx.load(tmp_path / "model.onnx").graph
    producers = {output: node.op_type for node in graph.node for output in node.output}
    assert {producers[node.input[0]] for node in graph.node if node.op_type == "Relu"} == {"Add"}


def test_quantizes_by_the_samples(tmp_path):
    network = build_network(TINY, 16, seed=1)
    for name, samples in (("few", SAMPLES[:1]), ("white", [np.full((16, 64), 255, np.uint8)])):
        save_model(tmp_path / name, network, TINY, {"height": 16}, samples)
    files = [(tmp_path / name / "model.onnx").read_bytes() for name in ("few", "white")]
    assert files[0] != files[1]


def test_rebuilds_the_network_from_its_description(tmp_path):
    network = build_network(TINY, 16, seed=1)
    save_model(tmp_path, network, TINY, {"height": 16}, SAMPLES)
    description = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    rebuilt = build_network(NetworkParams(**description["network"]), description["preprocess"]["height"], seed=9)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    images = np.random.default_rng(1).random((2, 16, 64, 1), np.float32)
    assert np.allclose(rebuilt(images), network(images), atol=0.01)


SAVE = """
import sys
from pathlib import Path
from netchu.core.errors import NetchuError
from netchu.training.model_files import load_network, save_model
from netchu.training.network import build_network
from tests.netchu.training.test_network import SAMPLES, TINY
save_model(Path(sys.argv[1]), build_network(TINY, 16, seed=1), TINY, {"height": 16}, SAMPLES)
"""


def test_writes_the_same_bytes_in_every_process(tmp_path):
    """The exporter's own names depend on Python's hash seed."""
    digests = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", SAVE, tmp_path / seed], check=True, cwd=ROOT, env=environment)
        files = sorted((tmp_path / seed).iterdir())
        digests.append([(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files])
    assert digests[0] == digests[1]
    assert [name for name, _ in digests[0]] == ["model.json", "model.onnx", "model.weights.h5"]


def test_loads_saved_weights(tmp_path):
    network = build_network(TINY, 16, seed=1)
    save_model(tmp_path, network, TINY, {"height": 16}, SAMPLES)
    loaded, params = load_network(tmp_path, 16, seed=2)
    assert params == TINY
    for saved, weights in zip(network.get_weights(), loaded.get_weights(), strict=True):
        assert weights.dtype == np.float32
        assert np.array_equal(weights, saved.astype(np.float16) if saved.ndim > 1 else saved)


def test_rejects_incompatible_model(tmp_path):
    def assert_rejected(match):
        with pytest.raises(NetchuError, match=match):
            load_network(tmp_path, 16, seed=2)

    assert_rejected("train.init_from: .*model.json: no model")
    save_model(tmp_path, build_network(TINY, 16, seed=1), TINY, {"height": 16}, SAMPLES)
    weights = (tmp_path / "model.weights.h5").read_bytes()
    (tmp_path / "model.weights.h5").write_bytes(weights[:1000])
    assert_rejected("train.init_from: .*model.weights.h5: cannot be loaded")
    description = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(description | {"preprocess": {"height": 48}}))
    assert_rejected("was trained with height 48, not 16")
    (tmp_path / "model.json").write_text(json.dumps(description | {"charset": "ab"}))
    assert_rejected("was trained with charset ab, not ")
    (tmp_path / "model.json").write_text(json.dumps({key: description[key] for key in ("charset", "preprocess")}))
    assert_rejected("no model")
