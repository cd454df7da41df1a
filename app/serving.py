"""Serves the web page for a program that controls a browser: the tests and the screenshots."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from netchu.core.errors import NetchuError

_START_PATIENCE = 300
"""Seconds that the server may take to start; on a busy machine it is slow."""


@contextlib.contextmanager
def serve(project: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Serve the web page of the project in a folder, and yield its address.

        with serve(Path(), os.environ) as address:
            print(address)

    Raises:
        NetchuError: the server does not start.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        _wait_for_answer(server, address)
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait_for_answer(server: subprocess.Popen, address: str) -> None:
    end = time.monotonic() + _START_PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
            return
        if server.poll() is not None:
            raise NetchuError(f"app/main.py: the server stopped with exit status {server.returncode}")
        time.sleep(0.1)
    raise NetchuError(f"app/main.py: the server does not answer after {_START_PATIENCE} seconds")
