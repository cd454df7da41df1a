"""Runs the service in a thread, for tests that need no process of their own."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import cv2
import numpy as np
import requests
import uvicorn
from starlette.types import ASGIApp


@contextlib.contextmanager
def serve(application: ASGIApp) -> Iterator[str]:
    """Serve the application and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join()


def post(address: str, *files: tuple[str, bytes], headers: dict | None = None, **options) -> requests.Response:
    """Post files, pairs of a name and bytes, to /read with options; a list as value repeats an option."""
    form = [("files", file) for file in files]
    return requests.post(f"{address}/read", files=form, params=options, headers=headers, timeout=60)


def start_upload(address: str) -> socket.socket:
    """Send the head of a request to /read and a part of its body; the rest never arrives."""
    url = urlsplit(address)
    connection = socket.create_connection((url.hostname, url.port), timeout=60)
    head = "POST /read HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 999\r\n"
    connection.sendall(f"{head}\r\n--b\r\n".encode())
    return connection


def count_requests(address: str) -> int:
    """Return the number of requests that are being read or wait."""
    return requests.get(f"{address}/health", timeout=60).json()["requests"]


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds; a failing test waits for a minute."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def draw_picture(seed: int, suffix: str = ".png") -> bytes:
    """Return the image file of a random stroke, which the tiny reader reads as some text."""
    rng = np.random.default_rng(seed)
    image = np.full((80, 900), 250, np.uint8)
    points = np.stack([np.linspace(30, 800, 60), rng.integers(15, 65, 60)], axis=1)
    cv2.polylines(image, [points.astype(np.int32)], False, 40, 2, cv2.LINE_AA)
    return cv2.imencode(suffix, image)[1].tobytes()
