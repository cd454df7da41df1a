"""The start of Keras: supported backends, and no messages about GPUs on a machine without one."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from netchu.core.errors import NetchuError
from netchu.training import keras_start
from netchu.training.backend import BACKENDS

ROOT = Path(__file__).parents[3]

NEEDLESS = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1.5   10 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.\n"
    "E0000 00:00:1.6   10 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: UNKNOWN ERROR (303)\n"
)
ERROR = "E0000 00:00:1.7   10 file.cc:1] another error\n"


@pytest.fixture
def messages(monkeypatch, capfd):
    """Return a function that starts a stub of Keras, which logs like TensorFlow, and returns the lines on stderr."""
    stub = SimpleNamespace(
        backend=SimpleNamespace(backend=lambda: "tensorflow"),
        config=SimpleNamespace(list_physical_devices=lambda: os.write(2, (NEEDLESS + ERROR).encode())),
    )
    monkeypatch.setattr(keras_start, "import_module", lambda name: stub)
    monkeypatch.setattr(keras_start, "_GPU_DRIVERS", ())
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)

    def start() -> str:
        assert keras_start.import_keras(BACKENDS) == "tensorflow"
        return capfd.readouterr().err

    return start


def test_hides_messages_about_gpus_and_no_others(messages):
    assert messages() == ERROR


def test_hides_nothing_on_request(messages, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    assert messages() == NEEDLESS + ERROR


def test_hides_nothing_on_a_machine_with_a_gpu(messages, monkeypatch):
    monkeypatch.setattr(keras_start, "_GPU_DRIVERS", ("/",))
    assert messages() == NEEDLESS + ERROR


def test_keeps_the_last_message_of_a_crash():
    script = (
        "import os; from netchu.training import keras_start; keras_start._GPU_DRIVERS = ()\n"
        "def crash(name): os.write(2, b'F0000 no AVX'); os.abort()\n"
        "keras_start.import_module = crash; keras_start.import_keras(['tensorflow'])"
    )
    assert "F0000 no AVX" in run(script, TF_CPP_MIN_LOG_LEVEL="1", KERAS_BACKEND="tensorflow")


def test_rejects_an_unsupported_backend(messages, monkeypatch):
    message = "KERAS_BACKEND=jax: training cannot use it; set it to tensorflow or torch"
    # Also where the backend's own package is missing, which Keras would report in its own way.
    last = run("import stages.train", KERAS_BACKEND="jax").splitlines()[-1]
    assert last == f"netchu.core.errors.NetchuError: {message}"
    monkeypatch.setattr(keras_start.import_module("keras").backend, "backend", lambda: "jax")  # by ~/.keras/keras.json
    with pytest.raises(NetchuError, match=message):
        keras_start.import_keras(BACKENDS)


def test_names_a_missing_backend(tmp_path):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(name='torch')")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import netchu.training.backend"
    last = run(script, KERAS_BACKEND="torch").splitlines()[-1]
    assert last == "netchu.core.errors.NetchuError: Keras needs the package torch: pip install torch"


def run(script: str, **variables: str) -> str:
    """Run `script` in Python and return what it wrote to standard error."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables, stderr=subprocess.PIPE, text=True).stderr
