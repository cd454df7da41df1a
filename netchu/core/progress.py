"""Progress reports for work that takes longer than two seconds: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_DELAY, _INTERVAL = 2.0, 10.0
"""Seconds before the first report, and between two plain lines."""


def progress(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    """Yield `items` and show on standard error how many of `total` are done."""
    if sys.stderr.isatty():
        from tqdm import tqdm  # the import takes longer than short work

        yield from tqdm(items, desc=label, total=total, delay=_DELAY, leave=False)
        return
    due = time.monotonic() + _DELAY
    for done, item in enumerate(items):
        if time.monotonic() >= due:
            print(f"{label}: {done} of {total}", file=sys.stderr, flush=True)
            due = time.monotonic() + _INTERVAL
        yield item


def print_beside_progress(message: str) -> None:
    """Print a line to standard error, on a terminal above the bar of `progress`."""
    if sys.stderr.isatty():
        from tqdm import tqdm  # as in `progress`

        tqdm.write(message, file=sys.stderr)
    else:
        print(message, file=sys.stderr)
