"""The limits of a service."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Limits of one request, and of the requests that wait."""

    body: int = 32_000_000  # bytes
    pages: int = 20
    seconds: float = 60  # from the start of a request to its answer
    waiting: int = 16  # requests that wait while others are read, one for each core
