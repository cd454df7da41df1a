"""Draw a grid of lines from an archive, each with its text: `python -m tools.contact_sheet ARCHIVE.zip OUT.png`.

The lines are taken at equal distances from all folders of the archive, so that they show many writers. The picture in
README.md was made, after `dvc repro download`, with a sheet of data/raw/synthetic.zip.
"""

import argparse
import json
import zipfile
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

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
    """Return a uint8 RGB image of `columns` x `rows` lines of an archive in the layout of labels.json."""
    width, height = _CELL
    with zipfile.ZipFile(archive) as zipped:
        lines = []
        for name in sorted(zipped.namelist()):
            if PurePosixPath(name).name == "labels.json":
                folder = PurePosixPath(name).parent
                lines += [(str(folder / file), text) for file, text in sorted(json.loads(zipped.read(name)).items())]
        count = min(columns * rows, len(lines))
        sheet = np.full((-(-count // columns) * (height + _CAPTION), columns * width, 3), 255, np.uint8)
        for number in range(count):
            name, text = lines[number * len(lines) // count]
            x, y = number % columns * width, number // columns * (height + _CAPTION)
            _paste(sheet[y : y + height, x : x + width], decode_image(zipped.read(name)))
            caption = draw_line(text, _CAPTION_WRITER, np.random.default_rng(0))
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
    parser.add_argument("archive", type=Path, help="zip file with folders of images and labels.json")
    parser.add_argument("output", type=Path, help="image to write")
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--rows", type=int, default=12)
    arguments = parser.parse_args()
    write_image(arguments.output, draw_contact_sheet(arguments.archive, arguments.columns, arguments.rows))


if __name__ == "__main__":
    main()
