"""The reading of one image: its lines and words with positions and confidences."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from netchu.reading.letters import LetterReading
from netchu.reading.line_reading import mean_confidence

Point = tuple[int, int]
"""x and y in pixels of the image, from its upper left corner."""


class Box(NamedTuple):
    """An upright rectangle in pixels of the image, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def bounding_box(corners: tuple[Point, ...]) -> Box:
    """Return the smallest upright box around `corners`."""
    xs, ys = zip(*corners, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True)
class Word:
    """A word of a line."""

    text: str
    confidence: float  # 0 to 1: estimated probability that the word is right
    corners: tuple[Point, ...]  # top left, top right, bottom right, bottom left along the line
    printed: bool = False  # by a machine rather than written by hand
    struck: bool = False  # through, by a line or a scribble

    @property
    def box(self) -> Box:
        return bounding_box(self.corners)


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    row: int  # of the table, from 0
    column: int  # of the table, from 0
    corners: tuple[Point, ...]  # top left, top right, bottom right, bottom left


@dataclass(frozen=True)
class Line:
    """A line of writing."""

    words: tuple[Word, ...]
    corners: tuple[Point, ...]  # top left, top right, bottom right, bottom left along the line
    letters: tuple[LetterReading, ...] = ()  # of `text`, if they were requested
    baseline_share: float = 0.75  # of the way from the upper to the lower side, at which the letters stand
    region: int = 0  # number of the column of text or of the table on the page, from 0
    cell: Cell | None = None  # None outside tables

    @property
    def baseline(self) -> tuple[Point, Point]:
        """The left and the right end of the line on which the letters stand."""
        return find_baseline(self.corners, self.baseline_share)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Expected share of right words, 0 to 1."""
        return mean_confidence([word.confidence for word in self.words])

    @property
    def box(self) -> Box:
        return bounding_box(self.corners)

    def without_print(self) -> "Line":
        """Return this line without its printed words."""
        if not any(word.printed for word in self.words):
            return self
        letters: list[LetterReading] = []
        start = 0
        for word in self.words:
            end = start + len(word.text)
            if not word.printed:
                # With the space before the word, unless it is the first one.
                letters += self.letters[start - bool(letters) : end]
            start = end + 1
        words = tuple(word for word in self.words if not word.printed)
        return replace(self, words=words, letters=tuple(letters))

    def corrected(self, text: str) -> "Line":
        """Return this line with the words of `text`, which a user has corrected.

        Unchanged words keep their corners and confidence. New words have confidence 1. They divide the area of the
        words that they replace, or the gap between two words, in proportion to their lengths.
        """
        import difflib  # takes 1 ms, which a reading need not wait for

        words = text.split()
        matcher = difflib.SequenceMatcher(None, [word.text for word in self.words], words, autojunk=False)
        new: list[Word] = []
        for kind, start, end, first, last in matcher.get_opcodes():
            if kind == "equal":
                new += self.words[start:end]
            elif end - start == last - first:
                new += [
                    replace(word, text=correction, confidence=1.0)
                    for word, correction in zip(self.words[start:end], words[first:last], strict=True)
                ]
            else:
                new += _divide(self._corners_between(start, end), words[first:last])
        return replace(self, words=tuple(new), letters=self.letters if text == self.text else ())

    def _corners_between(self, start: int, end: int) -> tuple[Point, ...]:
        """Return the corners of the words from `start` to `end`, or of the gap before `start` if both are equal."""
        if start < end:
            left, right = self.words[start].corners, self.words[end - 1].corners
            return left[0], right[1], right[2], left[3]
        top_left, bottom_left = (self.words[start - 1].corners[1:3]) if start else (self.corners[0], self.corners[3])
        top_right, bottom_right = (
            (self.words[start].corners[0], self.words[start].corners[3])
            if start < len(self.words)
            else self.corners[1:3]
        )
        return top_left, top_right, bottom_right, bottom_left


def find_baseline(corners: tuple[Point, ...], share: float) -> tuple[Point, Point]:
    """Return the left and the right point at that share of the way from the upper to the lower side of a line or word.

    >>> find_baseline(((0, 0), (90, 4), (90, 24), (0, 20)), 0.75)
    ((0, 15), (90, 19))
    """
    top_left, top_right, bottom_right, bottom_left = corners
    return _interpolate(top_left, bottom_left, share), _interpolate(top_right, bottom_right, share)


def _divide(corners: tuple[Point, ...], texts: list[str]) -> list[Word]:
    """Return words side by side inside `corners`, with widths in proportion to their lengths."""
    total = sum(map(len, texts))  # characters
    top_left, top_right, bottom_right, bottom_left = corners
    words, done = [], 0
    for text in texts:
        start, end = done / total, (done + len(text)) / total
        upper = _interpolate(top_left, top_right, start), _interpolate(top_left, top_right, end)
        lower = _interpolate(bottom_left, bottom_right, end), _interpolate(bottom_left, bottom_right, start)
        words.append(Word(text, 1.0, (*upper, *lower)))
        done += len(text)
    return words


def _interpolate(start: Point, end: Point, share: float) -> Point:
    """Return the point at that share, 0 to 1, of the way from `start` to `end`."""
    return round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))


@dataclass(frozen=True)
class Page:
    """An image of `width` x `height` pixels and its lines in the order of reading, none if nothing is written."""

    width: int
    height: int
    lines: tuple[Line, ...]
    turns: int = 0  # quarters of a turn anticlockwise, after which the image is upright

    @property
    def text(self) -> str:
        """The text of the lines, one per row; a row of a table is one row, with tabs between its cells."""
        return "\n".join(itertools.chain.from_iterable(map(_join_rows, self.regions)))

    @property
    def regions(self) -> tuple[tuple[Line, ...], ...]:
        """The lines of each column of text and of each table."""
        return tuple(tuple(lines) for _, lines in itertools.groupby(self.lines, key=lambda line: line.region))

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    @property
    def confidence(self) -> float:
        """Expected share of right words, 0 to 1."""
        return mean_confidence([word.confidence for word in self.words])


def split_into_cells(lines: Iterable[Line]) -> list[tuple[Cell | None, list[Line]]]:
    """Return the cells of a region with their lines; a column of text counts as one cell, None."""
    return [(cell, list(group)) for cell, group in itertools.groupby(lines, key=lambda line: line.cell)]


def _join_rows(lines: tuple[Line, ...]) -> list[str]:
    """Return the rows of text of a region."""
    rows: dict[int, str] = {}
    for cell, lines_of_cell in split_into_cells(lines):
        texts = [line.text for line in lines_of_cell]
        if cell is None:
            return texts
        row = rows.get(cell.row, "")
        rows[cell.row] = row + "\t" * (cell.column - row.count("\t")) + " ".join(texts)
    return [*rows.values()]
