"""Work in threads or processes, in order and in bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ordered_map(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in the order of `items`, from one thread a core, a few items ahead of the reader.

    Threads suffice because decoding (Pillow) and image processing (OpenCV, NumPy) release the interpreter's lock.
    """
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool_map(pool, function, items)


def pool_map(pool: Executor, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in the order of `items`, from `pool`, a few items a core ahead of the reader."""
    waiting: deque = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > 4 * (os.cpu_count() or 1):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def prefetch(items: Iterable[Item]) -> Iterator[Item]:
    """Yield `items`, made by one background thread at most three early."""
    source = iter(items)
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, source, pool) for _ in range(3))
        while (item := waiting.popleft().result()) is not pool:  # the pool serves as the mark of the end
            waiting.append(pool.submit(next, source, pool))
            yield item
