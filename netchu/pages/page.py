"""What was read from one image: its lines and words, with their places and confidences."""

from dataclasses import dataclass
from typing import NamedTuple

from netchu.reading.line_reading import mean_confidence

Point = tuple[int, int]
"""x and y in pixels of the image, from its upper left corner."""


class Box(NamedTuple):
    """An upright rectangle in pixels of the image, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def box_of(corners: tuple[Point, ...]) -> Box:
    """The smallest box around `corners`."""
    xs, ys = zip(*corners, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True)
class Word:
    """A word of a line."""

    text: str
    confidence: float  # 0 to 1: estimated probability that the word is right
    corners: tuple[Point, ...]  # top left, top right, bottom right, bottom left along the line

    @property
    def box(self) -> Box:
        return box_of(self.corners)


@dataclass(frozen=True)
class Line:
    """A line of writing."""

    words: tuple[Word, ...]
    corners: tuple[Point, ...]  # top left, top right, bottom right, bottom left along the line

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """0 to 1: the share of its words that are expected to be right."""
        return mean_confidence([word.confidence for word in self.words])

    @property
    def box(self) -> Box:
        return box_of(self.corners)


@dataclass(frozen=True)
class Page:
    """An image of `width` x `height` pixels and its lines from top to bottom; without any where nothing is written."""

    width: int
    height: int
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def confidence(self) -> float:
        """0 to 1: the share of its words that are expected to be right."""
        return mean_confidence([word.confidence for word in self.words])
