"""The import of Keras: on a supported backend, and without messages about GPUs on a machine that has none."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from importlib import import_module
from pathlib import Path

from netchu.core.errors import NetchuError

_GPU_DRIVERS = ("/proc/driver/nvidia", "/dev/nvidia0", "/dev/dxg")
"""One of these files exists on a machine with a GPU for TensorFlow. The last one is for Linux within Windows."""

_HIDDEN_LINES = "^(I[0-9]{4} |WARNING: All log messages before absl)|failed call to cuInit"
"""TensorFlow's messages that do not matter without a GPU. Only TF_CPP_MIN_LOG_LEVEL=3 would hide them all."""


def import_keras(backends: Collection[str]) -> str:
    """Import Keras and return the name of its backend, one of `backends`.

    On a machine without a GPU this hides TensorFlow's messages about GPUs. Set TF_CPP_MIN_LOG_LEVEL=0 to see them.

    Raises:
        NetchuError: it is another backend, or its package is missing.
    """
    # Before Keras imports the backend, whose package may be missing.
    _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow", backends)
    with contextlib.ExitStack() as stack:
        if not any(Path(path).exists() for path in _GPU_DRIVERS):
            level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")  # no information, but warnings and errors
            if level != "0":
                stack.enter_context(_filter_stderr(_HIDDEN_LINES))
        try:
            backend = import_module("keras").backend.backend()
        except ModuleNotFoundError as error:
            raise NetchuError(f"Keras needs the package {error.name}: pip install {error.name}") from None
        if backend == "tensorflow":
            import_module("tensorflow").config.list_physical_devices()  # its first call logs that there is no GPU
    _check_backend(backend, backends)  # again, because ~/.keras/keras.json can also name a backend
    return backend


def _check_backend(backend: str, backends: Collection[str]) -> None:
    if backend not in backends:
        raise NetchuError(f"KERAS_BACKEND={backend}: training cannot use it; set it to {' or '.join(backends)}")


@contextlib.contextmanager
def _filter_stderr(pattern: str) -> Iterator[None]:
    """Drop the lines that match `pattern` from standard error, including those that native code writes.

    The filter is another process, so that the last message before a crash is not lost.
    """
    sys.stderr.flush()
    original = os.dup(2)
    grep = subprocess.Popen(["grep", "-vE", pattern], stdin=subprocess.PIPE, stdout=original)
    os.dup2(grep.stdin.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(original, 2)
        os.close(original)
        grep.stdin.close()
        grep.wait()
