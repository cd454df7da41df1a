"""Tests of training with PyTorch: it gives the results of training with TensorFlow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from netchu.training.network import build_network
from netchu.training.onnx_export import export_onnx
from tests.netchu.training.test_network import TINY

pytest.importorskip("torch", reason="PyTorch is not installed")
ROOT = Path(__file__).parents[3]

STEPS = """
import json, sys
import keras
import numpy as np
from netchu.core.folding import LabelStyle
from netchu.training.backend import make_predictor, make_training_step
from netchu.training.batches import make_batch
from netchu.training.network import add_auxiliary_output, build_network
from netchu.training.optimizer import build_optimizer
from tests.netchu.training.test_loop import PARAMS
from tests.netchu.training.test_network import TINY

network = build_network(TINY.model_copy(update={"dropout": 0.0}), 16, seed=1)
network.load_weights(sys.argv[1])
averaged = keras.models.clone_model(network)
averaged.set_weights(network.get_weights())
branched = add_auxiliary_output(network)
optimizer = build_optimizer(PARAMS, steps=10)
optimizer.build(branched.trainable_variables)
step = make_training_step(network, branched, averaged, optimizer, 0.1, 0.9)
images = list(np.random.default_rng(2).integers(0, 256, (3, 16, 96), np.uint8))
batch = make_batch(images, ["ab", "C, d", "aab"], [False, False, False])
folded = make_batch(images, ["ab", "c d", "aab"], [LabelStyle.EXACT, LabelStyle.FOLDED, LabelStyle.UNCASED])
losses = [step(one) for one in (batch, folded, batch, folded)]
logits = make_predictor(averaged)(batch.images)
weights = zip(averaged.get_weights(), network.get_weights(), strict=True)
distance = sum(float(np.abs(mean - weight).sum()) for mean, weight in weights)
print(json.dumps([losses, float(np.abs(logits).sum()), float(np.abs(logits).max()), distance]))
"""


def run_steps(backend, weights):
    """Return the losses of four steps, and figures of the averaged network: of its logits and its weights."""
    command = [sys.executable, "-c", STEPS, weights]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"KERAS_BACKEND": backend}, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_has_steps_and_averaged_weights_of_tensorflow(tmp_path):
    network = build_network(TINY, 16, seed=1)
    network.save_weights(tmp_path / "start.weights.h5")
    results = [run_steps(backend, tmp_path / "start.weights.h5") for backend in ("tensorflow", "torch")]
    assert np.allclose(results[0][0], results[1][0], rtol=1e-3)
    assert np.allclose(results[0][1:], results[1][1:], rtol=1e-2)
    assert results[0][0][2] < results[0][0][0]  # the loss falls


def test_exports_the_same_bytes_with_each_backend(tmp_path):
    network = build_network(TINY, 16, seed=1)
    export_onnx(network, tmp_path / "here.onnx")
    network.save_weights(tmp_path / "same.weights.h5")
    script = f"""
from pathlib import Path
from netchu.training.network import build_network
from netchu.training.onnx_export import export_onnx
from tests.netchu.training.test_network import TINY
network = build_network(TINY, 16, seed=2)
network.load_weights({str(tmp_path / "same.weights.h5")!r})
export_onnx(network, Path({str(tmp_path / "there.onnx")!r}))
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=os.environ | {"KERAS_BACKEND": "torch"}, check=True)
    assert (tmp_path / "here.onnx").read_bytes() == (tmp_path / "there.onnx").read_bytes()
