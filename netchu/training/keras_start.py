"""Import Keras once, on a backend that can train here, and without messages about GPUs on a machine without one."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from netchu.core.errors import NetchuError

BACKENDS = ("tensorflow", "torch")
"""The backends of Keras for which there is a training step."""

_GPU_DRIVERS = ("/proc/driver/nvidia", "/dev/nvidia0", "/dev/dxg")
"""One of these exists on a machine with a GPU that TensorFlow may use; the last is for Linux within Windows."""

_NEEDLESS = "^(I[0-9]{4} |WARNING: All log messages before absl)|failed call to cuInit"
"""TensorFlow's messages that do not matter without a GPU. It prints them whatever TF_CPP_MIN_LOG_LEVEL is below 3."""


def import_keras() -> str:
    """Import Keras and return the name of its backend.

    On a machine without a GPU this hides what TensorFlow logs at its start. Set TF_CPP_MIN_LOG_LEVEL=0 to see it.

    Raises:
        NetchuError: the backend is not one of BACKENDS.
    """
    _check(os.environ.get("KERAS_BACKEND") or "tensorflow")  # before Keras imports a package that is not installed
    with contextlib.ExitStack() as stack:
        if not any(Path(path).exists() for path in _GPU_DRIVERS):
            level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # no information, but warnings and errors
            if level != "0":
                stack.enter_context(_filter_stderr(_NEEDLESS))
        backend = import_module("keras").backend.backend()
        if backend == "tensorflow":
            import_module("tensorflow").config.list_physical_devices()  # logs, the first time, that there is no GPU
    _check(backend)  # again: ~/.keras/keras.json can name a backend, too
    return backend


def _check(backend: str) -> None:
    if backend not in BACKENDS:
        raise NetchuError(
            f"KERAS_BACKEND={backend}: training needs TensorFlow or PyTorch; set it to {' or '.join(BACKENDS)}"
        )


@contextlib.contextmanager
def _filter_stderr(pattern: str) -> Iterator[None]:
    """Drop the lines that match `pattern` from standard error, also those that native code writes.

    Another process filters, so that the last message before a crash is not lost.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    grep = subprocess.Popen(["grep", "-vE", pattern], stdin=subprocess.PIPE, stdout=kept)
    os.dup2(grep.stdin.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        grep.stdin.close()
        grep.wait()
