"""Measure how pages of many kinds are read: `python -m benchmarks.pages [FILE...]`.

A page consists of ten lines, a table of twelve cells. Each FILE is a source of lines: pen strokes (.jsonl, .jsonl.xz),
which are drawn, or an archive (.zip) of real lines without frames. Without a FILE, addresses are drawn. For each source
and kind of page it prints the number of lines; the share of them that is found, that is, has a box with most of its ink
and little other ink; the number of boxes that are none of the lines; the share of found lines that follow the line
before; the CER of the pages; and the CER of the same lines read alone. If Kraken is installed, the lines that it finds
on the same pages are counted too.

Two pages of each kind and source take a minute on two cores. Expect the figures of benchmarks/accuracy.md.
"""

import argparse
import importlib.util
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from benchmarks.composed_pages import KINDS, ComposedPage, InkLine, collect_lines, compose_page
from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from netchu.evaluation.metrics import character_edits
from netchu.pages.recognizer import Recognizer
from netchu.reading.decoders import DECODERS, DEFAULT_DECODER

_LINES, _CELLS = 10, 12
"""Lines on a page, and cells of a table."""

_WHOLE = 0.75
"""Least share of a line's ink in the box of the line that is found for it."""

_OWN = 0.5
"""Least share of the ink in that box that is of this line."""


class Found(NamedTuple):
    """The lines found on pages."""

    lines: int  # on the pages
    found: int
    others: int  # found, but not one of the lines
    followers: int  # found lines after the first of a page
    in_order: int  # of these, those that follow the right line

    def format(self) -> list[str]:
        """Return the cells of a table row."""
        shares = ((self.found, self.lines), (self.in_order, self.followers))
        found, in_order = (f"{100 * part / whole:.0f}" if whole else "–" for part, whole in shares)
        return [found, str(self.others), in_order]


def compare_lines(polygons: Sequence[np.ndarray], page: ComposedPage) -> Found:
    """Compare the outlines of found lines, (points, 2) each, with the lines of the page."""
    count = len(page.lines)
    ink = np.bincount(page.numbers.ravel(), minlength=count + 1)
    order, others = [], 0
    for polygon in polygons:
        mask = cv2.fillPoly(np.zeros(page.numbers.shape, np.uint8), [np.rint(polygon).astype(np.int32)], 1)
        inside = np.bincount(page.numbers[mask > 0], minlength=count + 1)[1:]
        line = int(inside.argmax())
        is_line = inside[line] >= max(_WHOLE * ink[line + 1], _OWN * inside.sum(), 1)
        if is_line and line not in order:
            order.append(line)
        else:
            others += 1
    followers = list(itertools.pairwise(order))
    return Found(count, len(order), others, len(followers), sum(second == first + 1 for first, second in followers))


def measure(
    sources: Sequence[Path | None], recognizer: Recognizer, decoder: str, pages: int, segment: Callable | None
) -> Iterator[list[str]]:
    """Yield the cells of a table row for each source and kind of page."""
    for source in sources:
        lines = collect_lines(source, pages * (_LINES + 3 * _CELLS))
        # The shortest lines are the cells of tables.
        pools = {_LINES: lines, _CELLS: sorted(lines[pages * _LINES :], key=lambda line: len(line.text))}
        alone = {size: _measure_alone(recognizer, pool[: pages * size], decoder) for size, pool in pools.items()}
        for number, kind in enumerate(KINDS):
            rng = np.random.default_rng(number)
            size = _CELLS if kind == "table" else _LINES
            groups = [pools[size][start : start + size] for start in range(0, pages * size, size)]
            composed = [compose_page(group, kind, rng) for group in groups]
            name = source.name.partition(".")[0] if source else "drawn"
            found, cer = _measure_pages(composed, recognizer, decoder)
            row = [f"{name}, {kind}", str(found.lines), *found.format(), f"{cer:.1f}", f"{alone[size]:.1f}"]
            if segment:
                row += _add_up(compare_lines(segment(page.image), page) for page in composed).format()
            yield row


def _measure_pages(pages: list[ComposedPage], recognizer: Recognizer, decoder: str) -> tuple[Found, float]:
    """Return the lines found on pages, and the CER of the pages in percent."""
    results = [recognizer.read(page.image, decoder=decoder) for page in pages]
    found = _add_up(
        compare_lines([np.array(line.corners) for line in result.lines], page)
        for result, page in zip(results, pages, strict=True)
    )
    texts = ["\n".join(line.text for line in page.lines) for page in pages]
    return found, _measure_cer(texts, [result.text.replace("\t", "\n") for result in results])


def _measure_alone(recognizer: Recognizer, lines: list[InkLine], decoder: str) -> float:
    """Return the CER in percent of lines that are read as pictures of their own."""
    pictures = [cv2.copyMakeBorder(line.ink, 16, 16, 24, 24, cv2.BORDER_CONSTANT, value=255) for line in lines]
    texts = [recognizer.read(picture, "line", decoder).text for picture in pictures]
    return _measure_cer([line.text for line in lines], texts)


def _add_up(counts: Iterable[Found]) -> Found:
    return Found(*map(sum, zip(*counts, strict=True)))


def _measure_cer(references: list[str], predictions: list[str]) -> float:
    """Return the CER in percent."""
    return 100 * character_edits(references, predictions).edits.sum() / sum(map(len, references))


def segment_with_kraken(image: np.ndarray) -> list[np.ndarray]:
    """Return the outline of each line in the order in which Kraken finds them, with the model of its package."""
    from kraken import blla

    return [np.array(line.boundary) for line in blla.segment(Image.fromarray(image)).lines]


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--model", type=Path, help="folder of the reader")
    parser.add_argument("--decoder", choices=list(DECODERS), default=DEFAULT_DECODER)
    parser.add_argument("--pages", type=int, default=2, help="of each kind and source")
    arguments = parser.parse_args()
    segment = segment_with_kraken if importlib.util.find_spec("kraken") else None
    if not segment:
        print("Kraken is not installed: left out\n")
    columns = ["page", "lines", "found %", "others", "order %", "CER %", "CER % alone"]
    columns += ["found %, Kraken", "others", "order %"] if segment else []
    recognizer = Recognizer.load(arguments.model)
    print_table(columns, measure(arguments.files or [None], recognizer, arguments.decoder, arguments.pages, segment))


if __name__ == "__main__":
    main()
