"""Composes pages of many kinds from single lines, with the position of every line."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import list_lines
from netchu.intake.stroke_files import read_strokes
from netchu.line_finding.page_ink import find_ink, measure_word_height
from netchu.pictures.illumination import normalise_illumination, to_grey
from netchu.pictures.images import decode_image
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import Writer, draw_line, sample_writer
from netchu.synthetic.stroke_drawing import draw_strokes

KINDS = (
    "plain",
    "ruled",
    "squared",
    "shaded",
    "shadowed",
    "skewed",
    "curled",
    "columns",
    "table",
    "turned",
    "small",
)

_WORD = 36
"""Word height of all lines in pixels, as `measure_word_height` finds it."""

_PITCH = 2.6
"""Distance from line to line, in word heights."""

_MARGIN = 80
"""Pixels of paper around the writing."""

_GUTTER = 4
"""Paper between columns, in word heights."""

_PADDING = 14
"""Pixels of paper between the sides of a cell and the writing."""

_PAPER = 235.0
"""Grey level, 0 to 255."""


class InkLine(NamedTuple):
    """A line of writing without its paper."""

    text: str
    ink: np.ndarray  # uint8 (height, width), dark on 255, cropped


class ComposedPage(NamedTuple):
    """A picture of lines."""

    image: np.ndarray  # uint8 (height, width)
    numbers: np.ndarray  # int16 (height, width): number of the line from 1 on its ink, else 0
    lines: list[InkLine]  # in the order of reading


def collect_lines(source: Path | None, count: int) -> list[InkLine]:
    """Return `count` lines.

    Args:
        source: a file of pen strokes, of which the first lines not for training are taken, so that most neighbours are
            by one writer; an archive of real lines, of which random ones are taken; or None for drawn addresses.
    """
    rng = np.random.default_rng(1)
    if source is None:
        pictures = _draw_addresses(count, rng)
    elif source.suffix == ".zip":
        pictures = _read_real_lines(source, count, rng)
    else:
        pictures = _draw_recorded_strokes(source, count, rng)
    return [InkLine(text, isolate_ink(picture)) for text, picture in pictures]


def _sample_pen(rng: np.random.Generator) -> Writer:
    """Return a random writer on white paper."""
    return replace(sample_writer(rng), paper=(255, 255, 255), grain=0.0, shading=0.0, ruled=False)


def _draw_addresses(count: int, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    for _ in range(count):
        text = address_line(rng, 40)
        yield text, draw_line(text, _sample_pen(rng), rng)


def _draw_recorded_strokes(path: Path, count: int, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    writer = _sample_pen(rng)
    lines = (line for line in read_strokes(path) if not line.fault and line.subset != "train")
    for line in itertools.islice(lines, count):
        yield line.text, draw_strokes(line.strokes, writer, rng)


def _read_real_lines(path: Path, count: int, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    with open_archive(path) as archive:
        labels, _ = list_lines(archive)
        for index in rng.choice(len(labels), count, replace=False):
            yield labels[index].text, decode_image(read_entry(archive, labels[index].path))


def isolate_ink(picture: np.ndarray) -> np.ndarray:
    """Return the writing of a picture of one line, scaled to a word height of _WORD and cropped."""
    grey = normalise_illumination(to_grey(picture))
    ink = find_ink(grey)
    factor = _WORD / max(measure_word_height(ink), 8)
    # Without the paper's grain, and with soft edges.
    grey[cv2.dilate(ink, np.ones((5, 5), np.uint8)) == 0] = 255
    left, top, width, height = cv2.boundingRect(ink)
    grey = grey[top : top + height, left : left + width]
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def compose_page(lines: Sequence[InkLine], kind: str, rng: np.random.Generator) -> ComposedPage:
    """Compose a page of `lines`; `kind` is one of KINDS."""
    lines = list(lines)
    if kind == "table":
        paper, positions = _lay_out_table(lines)
    else:
        columns = [lines[: len(lines) // 2], lines[len(lines) // 2 :]] if kind == "columns" else [lines]
        paper, positions = _lay_out_columns(columns, rng)
    if kind in ("ruled", "squared"):
        _draw_rules(paper, _PITCH * _WORD if kind == "ruled" else _PITCH * _WORD / 2, kind == "squared")
    numbers = np.zeros(paper.shape, np.int16)
    for number, (line, (x, y)) in enumerate(zip(lines, positions, strict=True), 1):
        part = (slice(y, y + line.ink.shape[0]), slice(x, x + line.ink.shape[1]))
        paper[part] *= line.ink / 255
        numbers[part][line.ink < 128] = number
    paper, numbers = _photograph(paper, numbers, kind, rng)
    paper += rng.normal(0, 2, paper.shape)
    return ComposedPage(np.clip(paper, 0, 255).astype(np.uint8), numbers, lines)


def _lay_out_columns(
    columns: list[list[InkLine]], rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the paper, float (height, width), and x and y of the upper left of each line."""
    positions, left = [], _MARGIN
    for column in columns:
        for number, line in enumerate(column):
            # The rows with most of the ink are at equal distances.
            profile = cv2.GaussianBlur((255.0 - line.ink).sum(axis=1)[:, None], (1, 31), 5)
            centre = _MARGIN + 2 * _WORD + round(number * _PITCH * _WORD)
            positions.append((left + int(rng.integers(0, _WORD)), max(centre - int(profile.argmax()), 0)))
        left += max(line.ink.shape[1] for line in column) + _GUTTER * _WORD
    lines = [line for column in columns for line in column]
    right, bottom = (
        max(position[axis] + line.ink.shape[1 - axis] for line, position in zip(lines, positions, strict=True))
        for axis in (0, 1)
    )
    return np.full((bottom + _MARGIN, right + _MARGIN), _PAPER), positions


def _lay_out_table(lines: list[InkLine], columns: int = 3) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return the paper with the lines of a table, and the position of each line of writing, as `_lay_out_columns`."""
    rows = [lines[start : start + columns] for start in range(0, len(lines), columns)]
    widths = [max(line.ink.shape[1] for line in lines[column::columns]) + 2 * _PADDING for column in range(columns)]
    heights = [max(line.ink.shape[0] for line in row) + 2 * _PADDING for row in rows]
    x, y = (np.cumsum([_MARGIN, *sizes]).tolist() for sizes in (widths, heights))
    paper = np.full((y[-1] + _MARGIN, x[-1] + _MARGIN), _PAPER)
    for position in y:
        cv2.line(paper, (x[0], position), (x[-1], position), 90, 2)
    for position in x:
        cv2.line(paper, (position, y[0]), (position, y[-1]), 90, 2)
    positions = [
        (left + _PADDING, top + _PADDING)
        for row, top in zip(rows, y, strict=False)
        for _, left in zip(row, x, strict=False)
    ]
    return paper, positions


def _draw_rules(paper: np.ndarray, step: float, squared: bool) -> None:
    height, width = paper.shape
    for y in np.arange(_MARGIN + 2.4 * _WORD - step * 3, height, step):
        cv2.line(paper, (0, round(y)), (width, round(y)), 170, 2)
    for x in np.arange(step / 3, width if squared else 0, step):
        cv2.line(paper, (round(x), 0), (round(x), height), 170, 2)


def _photograph(
    paper: np.ndarray, numbers: np.ndarray, kind: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the page as a camera sees it."""
    height, width = paper.shape
    x, y = np.meshgrid(np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32))
    if kind == "shaded":
        paper = paper * (1 - 0.55 * (x + y) / 2)
    elif kind == "shadowed":
        paper = paper * np.where([x < 0.5, y > 2 / 3, x + y < 1][rng.integers(3)], 0.6, 1)
    elif kind == "small":
        size = (round(0.4 * width), round(0.4 * height))
        paper = cv2.resize(paper, size, interpolation=cv2.INTER_AREA)
        numbers = cv2.resize(numbers, size, interpolation=cv2.INTER_NEAREST)
    elif kind == "turned":
        turns = int(rng.integers(1, 4))
        paper, numbers = (np.ascontiguousarray(np.rot90(picture, turns)) for picture in (paper, numbers))
    elif kind in ("skewed", "curled"):
        columns, rows = x * (width - 1), y * (height - 1)
        if kind == "skewed":
            slope = np.tan(np.radians(4)) * rng.choice([-1, 1])
            rows = rows + slope * (columns - width / 2)
            columns = columns - slope * (y * (height - 1) - height / 2)
        else:
            rows = rows + _WORD * (4 * (x - 0.5) ** 2 - 0.5)  # sagging in the middle
        paper, numbers = (
            cv2.remap(
                picture,
                columns.astype(np.float32),
                rows.astype(np.float32),
                method,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=fill,
            )
            for picture, method, fill in ((paper, cv2.INTER_LINEAR, _PAPER), (numbers, cv2.INTER_NEAREST, 0))
        )
    return paper, numbers
