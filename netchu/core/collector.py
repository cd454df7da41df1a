"""The garbage collector, which start-up goes without."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def pause_collector() -> Iterator[None]:
    """Pause the garbage collector for a block that imports modules, and exempt them from later collections.

    Modules are never garbage, but their import makes so many objects that the collector would examine all of them
    dozens of times.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
