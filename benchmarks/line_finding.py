"""Measure the time to find the lines of a page: `python -m benchmarks.line_finding [--lines N]`.

Pages of 20 drawn lines, as `benchmarks.pages` draws them, also enlarged to the 12 megapixels of a phone. The seconds
are of the processor, on one core: the least of three repetitions, so that other programs disturb them little.

It takes half a minute. Expect at most 0.5 seconds a page.
"""

import argparse
import time
from collections.abc import Iterator

import cv2
import numpy as np

from benchmarks.composed_pages import KINDS, collect_lines, compose_page
from benchmarks.markdown import print_table
from netchu.line_finding.text_lines import find_lines

_PHOTOGRAPH = 12_000_000
"""Pixels of a phone's picture."""


def measure(lines: int) -> Iterator[list[str]]:
    """Yield the cells of a table row for each kind of page, as drawn and enlarged."""
    drawn = collect_lines(None, lines)
    for number, kind in enumerate(KINDS):
        page = compose_page(drawn, kind, np.random.default_rng(number)).image
        factor = (_PHOTOGRAPH / page.size) ** 0.5
        photograph = cv2.resize(page, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        cells = [str(len(find_lines(page))), *(f"{_time(picture):.2f}" for picture in (page, photograph))]
        yield [kind, f"{page.size / 1e6:.1f}", *cells]


def _time(picture: np.ndarray) -> float:
    """Return the least seconds of the processor in which the lines of a picture are found."""
    seconds = []
    for _ in range(3):
        started = time.process_time()
        find_lines(picture)
        seconds.append(time.process_time() - started)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=20, help="on a page")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print_table(["page", "megapixels", "lines", "seconds", "at 12 MP"], measure(arguments.lines))


if __name__ == "__main__":
    main()
