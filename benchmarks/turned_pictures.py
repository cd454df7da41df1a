"""Count the pictures that are read in their right direction: `python -m benchmarks.turned_pictures [READER]`.

Run it in a project whose stages up to `split` have run. It takes 30 validation lines of each source, as they are and
photographed (`benchmarks.photographs`), and reads each picture upright and upside down. It prints how many of the
upright pictures are left as they are, and how many of the others are turned.

360 readings take half a minute on two cores. Expect the figures of MODEL_CARD.md for models/pretrained and its data.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.photographs import photograph
from benchmarks.pipeline_lines import read_pictures
from netchu.core.errors import NetchuError
from netchu.pages.page import Page
from netchu.pages.recognizer import Recognizer

LINES = 30
"""Of each source."""


def choose_pictures(rows: list[dict], rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the source and the picture of LINES rows of each source, as it is and photographed."""
    for source in sorted({row["source"] for row in rows}):
        own = [row["image"] for row in rows if row["source"] == source]
        for index in rng.choice(len(own), min(LINES, len(own)), replace=False):
            yield source, own[index]
            yield f"{source}, photographed", photograph(own[index], rng)


def count_turns(pages: Iterator[Page | NetchuError], turns: int, names: list[str]) -> dict[str, int]:
    """Count, by the names of the pictures, those that were turned by so many quarters."""
    counts = dict.fromkeys(names, 0)
    for name, page in zip(names, pages, strict=True):
        counts[name] += isinstance(page, Page) and page.turns == turns
    return counts


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path, nargs="?", default=Path("models/reader"))
    recognizer = Recognizer.load(parser.parse_args().reader)
    chosen = choose_pictures(list(read_pictures("validation")), np.random.default_rng(3))
    names, upright = map(list, zip(*chosen, strict=True))
    upside_down = [np.ascontiguousarray(picture[::-1, ::-1]) for picture in upright]
    kept = count_turns(recognizer.read_pages(upright, lambda picture: picture), 0, names)
    turned = count_turns(recognizer.read_pages(upside_down, lambda picture: picture), 2, names)
    columns = ["validation lines", "pictures", "upright, kept", "upside down, turned"]
    rows = ([name, str(names.count(name)), str(kept[name]), str(turned[name])] for name in kept)
    print_table(columns, rows)


if __name__ == "__main__":
    main()
