"""Parallel maps that keep the order and need bounded memory, and processes that end with their parent."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in the order of `items`, computed by one thread per core a few items ahead.

    Threads suffice because decoding (Pillow) and image processing (OpenCV, NumPy) release the interpreter's lock.

    >>> list(ordered_map(str.upper, "abc"))
    ['A', 'B', 'C']
    """
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool_map(pool, function, items)


def pool_map(pool: Executor, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in the order of `items`, computed by `pool` a few items per core ahead."""
    pending: deque = deque()
    ahead = 4 * (os.cpu_count() or 1)
    for item in items:
        pending.append(pool.submit(function, item))
        if len(pending) > ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """Yield `items`, which one background thread takes from their source at most three items ahead."""
    source, end = iter(items), object()
    with ThreadPoolExecutor(1) as pool:
        pending = deque(pool.submit(next, source, end) for _ in range(3))
        while (item := pending.popleft().result()) is not end:
            pending.append(pool.submit(next, source, end))
            yield item


def end_with_parent() -> None:
    """End this process, started by multiprocessing, as soon as its parent ends, even if that was killed."""

    import multiprocessing  # takes 5 ms, and only processes need it

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
