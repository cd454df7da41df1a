"""Training with several processes: it gives the network of one process, resumes, and ends when a process ends."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.training import distributed
from netchu.training.batches import make_batch, split_batch

ROOT = Path(__file__).parents[3]

STEPS = """
import json
import numpy as np
from netchu.training.backend import make_training_step
from netchu.training.batches import make_batch
from netchu.training.distributed import start_processes
from netchu.training.network import build_network
from netchu.training.state import TrainingState
from tests.netchu.training.test_loop import NETWORK, PARAMS, change

# Unequal parts, and a batch with fewer lines than processes.
SIZES = (8, 7, 1, 8, 5)
rng = np.random.default_rng(2)
batches = [
    make_batch(
        [rng.integers(0, 256, (16, width), np.uint8) for width in rng.integers(60, 120, size)],
        ["".join(rng.choice(list("lox"), 3)) for _ in range(size)],
        [0] * size,
    )
    for size in SIZES
]
network = build_network(NETWORK.model_copy(update={"dropout": 0.0}), 16, seed=1)
params = change(PARAMS, processes=2)
together, alone = (TrainingState(network, params, len(SIZES)) for _ in range(2))
alone.assign(together.values())
step = make_training_step(alone.network, alone.branched, alone.averaged, alone.optimizer, 0.1, 0.9)
with start_processes(network, params, len(SIZES), together) as processes:
    losses = [(processes.step(batch), step(batch)) for batch in batches]
    processes.update(together)
distance = {
    name: max(float(np.abs(a - b).max()) for a, b in zip(values, alone.values()[name], strict=True))
    for name, values in together.values().items()
}
moved = max(float(np.abs(a - b).max()) for a, b in zip(network.get_weights(), alone.network.get_weights()))
print(json.dumps([losses, distance, moved]))
"""


def run_with_torch(script):
    command = [sys.executable, "-c", script]
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_gives_the_weights_of_one_process_with_the_doubled_batch():
    pytest.importorskip("torch", reason="PyTorch is not installed")
    losses, distance, moved = run_with_torch(STEPS)
    assert all(together == pytest.approx(alone, rel=1e-4) for together, alone in losses)
    print(losses, distance, moved)
    assert max(distance.values()) < 1e-4 < 100 * moved
