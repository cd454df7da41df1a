"""Training with several processes: it gives the network of one process, resumes, and ends when a process ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from netchu.core.errors import NetchuError
from netchu.training import distributed
from netchu.training.batches import PAD, make_batch, split_batch
from netchu.training.distributed import check_processes
from stages.train import OUTPUTS
from tests.netchu.training.test_loop import PARAMS, change
from tests.stages.test_train import PARAMS as STAGE_PARAMS
from tests.stages.test_train import prepare_command

ROOT = Path(__file__).parents[3]

STEPS = """
import json, os, signal
import numpy as np
from netchu.core.errors import NetchuError
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
    os.kill(processes._processes[1].pid, signal.SIGKILL)
    try:
        processes.step(batches[0])
    except NetchuError as error:
        message = str(error)
distance = {
    name: max(float(np.abs(a - b).max()) for a, b in zip(values, alone.values()[name], strict=True))
    for name, values in together.values().items()
}
moved = max(float(np.abs(a - b).max()) for a, b in zip(network.get_weights(), alone.network.get_weights()))
print(json.dumps([losses, distance, moved, message]))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return losses, distances and weights of steps with two processes and with one, and the error after a kill.

    They compute in float64, because the rounding of float32 changes small gradients by a percent.
    """
    pytest.importorskip("torch", reason="PyTorch is not installed")
    command = [sys.executable, "-c", STEPS]
    home = tmp_path_factory.mktemp("keras")
    (home / "keras.json").write_text('{"floatx": "float64"}')
    environment = os.environ | {"KERAS_BACKEND": "torch", "KERAS_HOME": str(home)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_gives_the_weights_of_one_process_with_the_doubled_batch(results):
    losses, distance, moved, _ = results
    assert all(together == pytest.approx(alone, rel=1e-5) for together, alone in losses)
    assert max(distance.values()) < 1e-4 < 0.1 < moved


def test_names_a_process_that_was_killed(results):
    assert results[3].startswith("train.processes: process 2 of 2 ended (killed by SIGKILL)")
    assert "\n" not in results[3]


def test_resumes_after_a_kill_with_the_same_result(tmp_path):
    """The processes of a stage that was killed end."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    params = STAGE_PARAMS.model_copy(update={"train": change(STAGE_PARAMS.train, processes=2, epochs=6)})
    (tmp_path / "whole").mkdir()
    (tmp_path / "part").mkdir()
    whole, part = (
        prepare_command(tmp_path / "whole", "torch", params),
        prepare_command(tmp_path / "part", "torch", params),
    )
    subprocess.run(**whole, check=True)
    with subprocess.Popen(**part, stdout=subprocess.PIPE) as process:
        while not process.stdout.readline().startswith("    2 "):
            pass
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=60)[1] == []
    assert not (tmp_path / "part" / OUTPUTS["model"]).exists()
    resumed = subprocess.run(**part, check=True, stdout=subprocess.PIPE)
    assert "train: resumes after epoch " in resumed.stdout
    for path in (OUTPUTS["history"], OUTPUTS["model"] / "model.onnx"):
        assert (tmp_path / "whole" / path).read_bytes() == (tmp_path / "part" / path).read_bytes()


def test_needs_pytorch_for_several_processes(monkeypatch):
    monkeypatch.setattr(distributed, "BACKEND", "tensorflow")
    check_processes(1)
    with pytest.raises(NetchuError, match=r"^train\.processes: 2 processes need PyTorch; set KERAS_BACKEND=torch"):
        check_processes(2)


@pytest.mark.parametrize("count", [0, 65])
def test_rejects_a_number_of_processes(count):
    with pytest.raises(ValueError, match="processes"):
        change(PARAMS, processes=count)


@pytest.mark.parametrize(
    ("size", "parts", "shares"),
    [(4, ["ac", "bd"], [0.5, 0.5]), (3, ["ac", "b"], [2 / 3, 1 / 3]), (1, ["a", "a"], [0.5, 0.5])],
)
def test_splits_batches(size, parts, shares):
    images = [np.full((16, 40 + 20 * line), line, np.uint8) for line in range(size)]
    batch = make_batch(images, "abcd"[:size], [0] * size)
    found = split_batch(batch, 2)
    letters = {batch.labels[line, 0]: "abcd"[line] for line in range(size)}
    assert PAD not in letters
    assert ["".join(letters[row[0]] for row in part.labels) for part in found] == parts
    assert [part.share for part in found] == shares
    assert {part.images.shape[2] for part in found} == {batch.images.shape[2]}
    assert [list(part.frames) for part in found] == [
        [10 + 5 * "abcd".index(letter) for letter in part] for part in parts
    ]
