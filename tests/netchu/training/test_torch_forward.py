"""The forward pass in PyTorch's functions: outputs, gradients and statistics of batches are those of Keras's layers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
ROOT = Path(__file__).parents[3]

COMPARISON = """
import json
import keras
import torch
keras.backend.set_floatx("float64")  # otherwise rounding changes the gradients by a percent
from netchu.training.network import add_auxiliary_output, build_network
from netchu.training.torch_forward import forward
from tests.netchu.training.test_network import TINY

network = add_auxiliary_output(build_network(TINY.model_copy(update={"dropout": 0.0}), 17, seed=1))
start = network.get_weights()
images = torch.rand(3, 17, 96, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

def compute(run):
    network.set_weights(start)
    network.zero_grad()
    outputs = run(images)
    sum(output.square().sum() for output in outputs).backward()
    return [
        *outputs,
        *(variable.value.grad for variable in network.trainable_variables),
        *(variable.value.clone() for variable in network.non_trainable_weights),
    ]

pairs = zip(compute(lambda images: network(images, training=True)), compute(lambda images: forward(network, images)))
print(json.dumps([float(((a - b).norm() / (a.norm() + 1e-12)).detach()) for a, b in pairs]))
"""


def test_equals_the_layers_of_keras():
    done = subprocess.run(
        [sys.executable, "-c", COMPARISON],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "torch"},
        check=True,
        capture_output=True,
        text=True,
    )
    differences = json.loads(done.stdout.splitlines()[-1])
    assert len(differences) > 20 and max(differences) < 3e-5
