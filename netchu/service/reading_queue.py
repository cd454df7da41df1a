"""A queue of bounded length for requests that are read in threads."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from netchu.service.errors import ServiceError

Result = TypeVar("Result")


class ReadingQueue:
    """Places for requests: one per core to be read, and some to wait.

    A request takes its place before its body is received, so that the bodies in memory are bounded, too.
    """

    def __init__(self, waiting: int):
        readers = os.cpu_count() or 1
        self.places = readers + waiting
        self.taken = 0
        self._pool = ThreadPoolExecutor(readers, "reader")

    def take_place(self) -> "Place":
        """Return a place, to be used as a context; raise ServiceError if all are taken."""
        if self.taken >= self.places:
            raise ServiceError(503, f"{self.taken} requests are being read or wait; try again later")
        self.taken += 1
        return Place(self, self._pool)


class Place:
    """A place in a queue, which is free again when its context and its work have ended."""

    def __init__(self, queue: ReadingQueue, pool: ThreadPoolExecutor):
        self._queue = queue
        self._pool = pool
        self._work: asyncio.Future | None = None

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_) -> None:
        if self._work is None:
            self._free()
        else:
            self._work.add_done_callback(self._free)

    async def run(self, work: Callable[[threading.Event], Result], request: Request, deadline: float) -> Result:
        """Run `work` in a thread and return its result.

        Args:
            work: called with an event; it should end soon after the event is set.
            request: its body has been received; if its client leaves, the work is stopped.
            deadline: time of the event loop at which the work is stopped.

        Raises:
            ServiceError: the client has left, or the deadline has passed. The work may still run for a while.
        """
        loop = asyncio.get_running_loop()
        stop = threading.Event()
        self._work = loop.run_in_executor(self._pool, work, stop)
        leaving = asyncio.ensure_future(_wait_until_client_leaves(request))
        try:
            done, _ = await asyncio.wait(
                (self._work, leaving), timeout=deadline - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            stop.set()
            leaving.cancel()
        if self._work in done:
            return self._work.result()
        if leaving in done:
            raise ServiceError(400, "the client has closed the connection")
        raise ServiceError(504, "the time limit has passed; send fewer pages, or try again later")

    def _free(self, work: asyncio.Future | None = None) -> None:
        self._queue.taken -= 1
        if work and not work.cancelled():
            work.exception()  # otherwise asyncio would log that no one asked for it


async def _wait_until_client_leaves(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
