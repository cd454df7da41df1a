"""Draw a grid of lines from an archive, each with its text: `python -m tools.contact_sheet ARCHIVE.zip OUT.png`.

The lines are taken at equal distances from all folders of the archive, so that they show many writers. The picture
docs/synthetic.png was made, after `dvc repro download`, of data/raw/synthetic.zip.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from netchu.core.errors import NetchuError
from netchu.intake.archives import open_archive, read_entry
from netchu.intake.labels import list_lines
from netchu.pictures.encoding import write_image
from netchu.pictures.images import decode_image
from netchu.synthetic.handwriting import Writer, draw_line

_CELL = (620, 78)
"""Width and height of the cell of a line, pixels."""

_CAPTION = 30
"""Height of the text below a line, pixels."""

_CAPTION_WRITER = Writer(
    seed=0, alphabet={"print": 1, "script": 0, "hand": 0}, x_height=9, ascender=1.5, width=1, slant=0, deformation=0,
    carelessness=0, gap=0.25, space=0.8, joins=0, drift=0, climb=0, tremor=0, pen=1, pressure=0, ink=(110, 110, 110),
    density=1, mark_size=1, mark_height=0.25, mark_shift=0, stacked=True, paper=(255, 255, 255), grain=0, shading=0,
    ruled=False,
)  # fmt: skip
"""Writes the captions, because no font with the Vietnamese letters is sure to be installed."""


def draw_contact_sheet(archive: Path, columns: int, rows: int) -> np.ndarray:
    """Return a uint8 RGB image of `columns` x `rows` lines of an archive.

    Raises:
        NetchuError: the archive is missing, damaged or without labelled lines.
    """
    width, height = _CELL
    with open_archive(archive) as zipped:
        lines, _ = list_lines(zipped)
        if not lines:
            raise NetchuError(f"{archive}: no labelled lines; name an archive with images and their labels")
        count = min(columns * rows, len(lines))
        sheet = np.full((-(-count // columns) * (height + _CAPTION), columns * width, 3), 255, np.uint8)
        for number in range(count):
            line = lines[number * len(lines) // count]
            x, y = number % columns * width, number // columns * (height + _CAPTION)
            _paste(sheet[y : y + height, x : x + width], decode_image(read_entry(zipped, line.path)))
            caption = draw_line(line.text, _CAPTION_WRITER, np.random.default_rng(0))
            ink = np.flatnonzero((caption < 200).any(axis=(1, 2)))
            caption = caption[max(0, ink[0] - 4) : ink[-1] + 4]
            _paste(sheet[y + height : y + height + _CAPTION, x : x + width], caption)
    return sheet


def _paste(cell: np.ndarray, image: np.ndarray) -> None:
    """Draw `image`, grey or RGB, at the left of `cell`, scaled down to fit with a margin of 4 pixels."""
    scale = min(1.0, (cell.shape[0] - 8) / image.shape[0], (cell.shape[1] - 8) / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top = (cell.shape[0] - small.shape[0]) // 2
    cell[top : top + small.shape[0], 4 : 4 + small.shape[1]] = small if small.ndim == 3 else small[:, :, None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="zip file with images and labels, as for the pipeline")
    parser.add_argument("output", type=Path, help="image to write")
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--rows", type=int, default=12)
    arguments = parser.parse_args()
    if min(arguments.columns, arguments.rows) < 1:
        parser.error("--columns and --rows: at least 1")
    try:
        sheet = draw_contact_sheet(arguments.archive, arguments.columns, arguments.rows)
    except NetchuError as error:
        sys.exit(f"contact_sheet: {error}")
    write_image(arguments.output, sheet)


if __name__ == "__main__":
    main()
