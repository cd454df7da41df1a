"""Training under PyTorch against training under TensorFlow; only where PyTorch is installed."""

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

pytest.importorskip("torch")
ROOT = Path(__file__).parents[3]

STEPS = """
import json, sys
import keras
import numpy as np
from netchu.training import loop
from netchu.training.batches import make_batch
from netchu.training.network import build_network
from tests.netchu.training.test_loop import PARAMS
from tests.netchu.training.test_network import TINY

network = build_network(TINY.model_copy(update={"dropout": 0.0}), 16, seed=1)
network.load_weights(sys.argv[1])
averaged = keras.models.clone_model(network)
averaged.set_weights(network.get_weights())
branched = loop._branch(network)
optimizer = loop._optimizer(PARAMS, steps=10)
optimizer.build(branched.trainable_variables)
# The second loss starts from weights that each backend draws in its own way.
step = loop.training_step(network, branched, averaged, optimizer, 0.0, 0.9)
images = list(np.random.default_rng(2).integers(0, 256, (3, 16, 96), np.uint8))
batch = make_batch(images, ["ab", "C, d", "aab"], [False, False, False])
folded = make_batch(images, ["ab", "c d", "aab"], [False, True, True])
losses = [step(one) for one in (batch, folded, batch, folded)]
read = loop.reading(averaged)(batch.images)
print(json.dumps([losses, float(np.abs(read).sum()), float(np.abs(read).max())]))
"""


def steps(backend, weights):
    command = [sys.executable, "-c", STEPS, weights]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"KERAS_BACKEND": backend}, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_steps_and_averaged_weights_are_those_of_tensorflow(tmp_path):
    network = build_network(TINY, 16, seed=1)
    network.save_weights(tmp_path / "start.weights.h5")
    results = [steps(backend, tmp_path / "start.weights.h5") for backend in ("tensorflow", "torch")]
    assert np.allclose(results[0][0], results[1][0], rtol=1e-3)
    assert np.allclose(results[0][1:], results[1][1:], rtol=1e-2)
    assert results[0][0][2] < results[0][0][0]  # it learns


def test_the_exported_network_does_not_depend_on_the_backend(tmp_path):
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
