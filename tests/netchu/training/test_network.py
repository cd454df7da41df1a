"""The network: shapes, determinism, and the exported ONNX network against Keras."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from netchu.core.charset import BLANK
from netchu.core.errors import NetchuError
from netchu.pictures.frames import FRAME_WIDTH
from netchu.reading.padding import pad_images
from netchu.training.model_files import load_network, save_model
from netchu.training.network import NetworkParams, build_network
from netchu.training.onnx_export import export_onnx
from netchu.training.quantization import quantize

ROOT = Path(__file__).parents[3]
TINY = NetworkParams(cnn_channels=[4, 6, 8], cnn_blocks=1, lstm_units=8, lstm_layers=2, dropout=0.2)
SAMPLES = list(np.random.default_rng(3).integers(0, 256, (4, 16, 64), np.uint8))


@pytest.mark.parametrize(("height", "width"), [(16, 32), (48, 320), (61, 64), (48, 16)])
def test_a_frame_every_four_pixels(height, width):
    network = build_network(TINY, height, seed=1)
    assert network(np.zeros((2, height, width, 1), np.float32)).shape == (2, width // FRAME_WIDTH, BLANK + 1)


def test_weights_follow_the_seed():
    one, same, other = (build_network(TINY, 16, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_onnx_reads_like_keras_at_any_width_and_batch(tmp_path):
    network = build_network(TINY, 16, seed=1)
    export_onnx(network, tmp_path / "model.onnx")
    for shape in ((1, 16, 32, 1), (3, 16, 160, 1)):
        images = np.random.default_rng(1).random(shape, np.float32)
        assert np.abs(logits(tmp_path / "model.onnx", images) - network(images).numpy()).max() < 1e-5


def logits(path, images):
    return onnxruntime.InferenceSession(path).run(None, {"image": images})[0]


def test_eight_bits_change_little(tmp_path):
    """Errors are well below the differences between frames, small as these are in an untrained network."""
    network = build_network(TINY, 16, seed=1)
    export_onnx(network, tmp_path / "model.onnx")
    images = pad_images(np.random.default_rng(1).integers(0, 256, (3, 16, 160), np.uint8))
    exact = logits(tmp_path / "model.onnx", images)
    quantize(tmp_path / "model.onnx", [pad_images([sample]) for sample in SAMPLES])
    error = logits(tmp_path / "model.onnx", images) - exact
    assert 0 < error.std() < 0.25 * exact.std(axis=(0, 1)).mean()
    operators = {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    assert "DynamicQuantizeLSTM" in operators and "LSTM" not in operators


def test_activations_are_scaled_by_the_samples(tmp_path):
    network = build_network(TINY, 16, seed=1)
    for name, samples in (("few", SAMPLES[:1]), ("white", [np.full((16, 64), 255, np.uint8)])):
        save_model(tmp_path / name, network, TINY, {"height": 16}, samples)
    files = [(tmp_path / name / "model.onnx").read_bytes() for name in ("few", "white")]
    assert files[0] != files[1]


def test_the_description_rebuilds_the_network(tmp_path):
    network = build_network(TINY, 16, seed=1)
    save_model(tmp_path, network, TINY, {"height": 16}, SAMPLES)
    description = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    rebuilt = build_network(NetworkParams(**description["network"]), description["preprocess"]["height"], seed=9)
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    images = np.random.default_rng(1).random((2, 16, 64, 1), np.float32)
    assert np.array_equal(rebuilt(images), network(images))


SAVE = """
import sys
from pathlib import Path
from netchu.core.errors import NetchuError
from netchu.training.model_files import load_network, save_model
from netchu.training.network import build_network
from tests.netchu.training.test_network import SAMPLES, TINY
save_model(Path(sys.argv[1]), build_network(TINY, 16, seed=1), TINY, {"height": 16}, SAMPLES)
"""


def test_files_are_byte_identical_across_processes(tmp_path):
    """The exporter's own names follow Python's hash seed."""
    digests = []
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", SAVE, tmp_path / seed], check=True, cwd=ROOT, env=environment)
        files = sorted((tmp_path / seed).iterdir())
        digests.append([(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files])
    assert digests[0] == digests[1]
    assert [name for name, _ in digests[0]] == ["model.json", "model.onnx", "model.weights.h5"]


def test_a_saved_network_goes_on_from_its_weights(tmp_path):
    network = build_network(TINY, 16, seed=1)
    save_model(tmp_path, network, TINY, {"height": 16}, SAMPLES)
    loaded, params = load_network(tmp_path, {"height": 16}, seed=2)
    assert params == TINY
    assert all(np.array_equal(a, b) for a, b in zip(network.get_weights(), loaded.get_weights(), strict=True))


def test_what_cannot_be_gone_on_from_is_refused(tmp_path):
    def refused(match):
        with pytest.raises(NetchuError, match=match):
            load_network(tmp_path, {"height": 16}, seed=2)

    refused("train.init_from: .*model.json: no model")
    save_model(tmp_path, build_network(TINY, 16, seed=1), TINY, {"height": 16}, SAMPLES)
    weights = (tmp_path / "model.weights.h5").read_bytes()
    (tmp_path / "model.weights.h5").write_bytes(weights[:1000])
    refused("train.init_from: .*model.weights.h5: ")
    description = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(description | {"preprocess": {"height": 48}}))
    refused("made for preprocess {'height': 48}, here it is {'height': 16}")
    (tmp_path / "model.json").write_text(json.dumps(description | {"charset": "ab"}))
    refused("made for charset ab, here it is")
    (tmp_path / "model.json").write_text(json.dumps({key: description[key] for key in ("charset", "preprocess")}))
    refused("no model")
