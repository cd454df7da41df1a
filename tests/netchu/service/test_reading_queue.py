"""Requests beyond the queue, slow requests, and clients that leave."""

import asyncio
import http.client
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests

from netchu.pages.page import Page
from netchu.service.application import create_application
from netchu.service.errors import ServiceError
from netchu.service.limits import Limits
from netchu.service.reading_queue import ReadingQueue
from tests.netchu.service.server import count_requests, draw_picture, post, serve, start_upload, wait_until

LINE = ("line.png", draw_picture(1))

READERS = os.cpu_count() or 1


class SlowRecognizer:
    """A recognizer that reads nothing, and ends each page when `go_on` is set."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.started = 0

    def read(self, picture: np.ndarray, layout: str, decoder: str, **_) -> Page:
        self.started += 1
        self.go_on.wait()
        return Page(picture.shape[1], picture.shape[0], ())


@pytest.fixture
def recognizer():
    recognizer = SlowRecognizer()
    yield recognizer
    recognizer.go_on.set()


def test_answers_503_when_all_places_are_taken(recognizer):
    with serve(create_application(recognizer, Limits(waiting=2))) as address, ThreadPoolExecutor() as pool:
        accepted = [pool.submit(post, address, LINE) for _ in range(READERS + 2)]
        wait_until(lambda: count_requests(address) == READERS + 2)
        answer = post(address, LINE)
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "1"
        assert answer.json()["error"] == f"{READERS + 2} requests are being read or wait; try again later"
        wait_until(lambda: recognizer.started == READERS)
        recognizer.go_on.set()
        assert [future.result().status_code for future in accepted] == [200] * (READERS + 2)
        assert count_requests(address) == 0 and post(address, LINE).status_code == 200


def test_takes_a_place_before_the_body_arrives(recognizer):
    """So that the bodies in memory are bounded, too. A client that leaves makes its place free."""
    with serve(create_application(recognizer, Limits(waiting=1))) as address:
        uploads = [start_upload(address) for _ in range(READERS + 1)]
        wait_until(lambda: count_requests(address) == READERS + 1)
        assert post(address, LINE).status_code == 503
        for upload in uploads:
            upload.close()
        wait_until(lambda: count_requests(address) == 0)


def test_stops_reading_when_the_client_leaves(recognizer, caplog):
    caplog.set_level(logging.INFO, "netchu.service")
    with serve(create_application(recognizer, Limits())) as address:
        url = urlsplit(address)
        client = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        request = requests.Request("POST", address, files=[("files", LINE), ("files", LINE)]).prepare()
        client.request("POST", "/read", request.body, dict(request.headers))
        wait_until(lambda: recognizer.started == 1)
        client.close()
        wait_until(lambda: 'POST "/read" status=400' in caplog.text)
        assert count_requests(address) == 1
        recognizer.go_on.set()
        wait_until(lambda: count_requests(address) == 0)
        assert recognizer.started == 1  # of two pages


def test_stops_at_the_deadline_and_keeps_the_place_while_the_page_is_read():
    class Connection:
        async def receive(self):
            await asyncio.Event().wait()

    page_read = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait()
        page_read.wait()

    async def run() -> None:
        queue = ReadingQueue(0)
        with pytest.raises(ServiceError, match="the time limit has passed") as caught, queue.take_place() as place:
            await place.run(work, Connection(), asyncio.get_running_loop().time())
        assert caught.value.status == 504 and queue.taken == 1
        page_read.set()
        while queue.taken:
            await asyncio.sleep(0)

    with ThreadPoolExecutor() as pool:  # the main thread may hold the event loop of a browser test
        pool.submit(asyncio.run, asyncio.wait_for(run(), 60)).result()


def test_answers_408_when_the_body_is_late(recognizer):
    with serve(create_application(recognizer, Limits(seconds=0.3))) as address, start_upload(address) as upload:
        assert upload.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert count_requests(address) == 0


def test_finishes_accepted_requests_when_it_is_stopped(recognizer):
    with ThreadPoolExecutor() as pool:
        with serve(create_application(recognizer, Limits())) as address:
            accepted = [pool.submit(post, address, LINE) for _ in range(READERS + 1)]
            wait_until(lambda: count_requests(address) == READERS + 1)
            threading.Timer(0.3, recognizer.go_on.set).start()
        assert [future.result().status_code for future in accepted] == [200] * (READERS + 1)
        with pytest.raises(requests.ConnectionError):
            count_requests(address)
