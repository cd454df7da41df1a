"""Pages that people transcribed in another program: their lines, with text and position."""

import math
from dataclasses import dataclass

Point = tuple[float, float]
"""x and y, in units of the page's width and height."""

MAX_COORDINATE = 10**6


@dataclass(frozen=True)
class TranscribedLine:
    """A line of a page as its file describes it."""

    id: str  # in the file; may be empty, or occur twice
    text: str  # empty if nobody transcribed the line
    polygon: tuple[Point, ...] = ()  # around the writing; empty if the file gives only a baseline
    baseline: tuple[Point, ...] = ()  # under the letters, from the left to the right; empty if unknown
    writer: str = ""  # empty if unknown
    fault: str = ""  # problem with its position or text, empty for a good line


@dataclass(frozen=True)
class TranscribedPage:
    """The lines of one picture."""

    image: str  # name of the picture, as the file gives it
    width: float  # of the page, in the unit of all positions; 0 if the file does not say
    height: float
    lines: tuple[TranscribedLine, ...]


def parse_points(text: str) -> tuple[Point, ...]:
    """Return the points that `text` lists; raise ValueError if it is no list of pairs of numbers.

    >>> parse_points("0,8 90,9")
    ((0.0, 8.0), (90.0, 9.0))
    """
    numbers = [parse_number(word) for word in text.replace(",", " ").split()]
    if len(numbers) % 2:
        raise ValueError(f"expected pairs x,y, found {text[:40]!r}")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def parse_number(value: object) -> float:
    """Return a coordinate or length; raise ValueError unless it is a number from -MAX_COORDINATE to MAX_COORDINATE."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a number, found {str(value)[:40]!r}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"expected a number, found {str(value)[:40]!r}") from None
    if not math.isfinite(number) or abs(number) > MAX_COORDINATE:
        raise ValueError(f"the number {str(value)[:40]} is not between -{MAX_COORDINATE:,} and {MAX_COORDINATE:,}")
    return number
