"""Draws a grid of lines from an archive, each with its text: `python -m benchmarks.contact_sheet ARCHIVE.zip OUT.png`.

The lines are taken at even distances from all folders of the archive, so that many writers are seen.
"""

import argparse
import json
import zipfile
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from netchu.synthetic.handwriting import Writer, draw_line

_CELL = (620, 78)
"""Width and height of a line's place, pixels."""

_CAPTION = 30
"""Height of the text under a line, pixels."""

_PRINTER = Writer(
    seed=0, alphabet={"print": 1, "script": 0, "hand": 0}, x_height=9, ascender=1.5, width=1, slant=0, deformation=0,
    carelessness=0, gap=0.25, space=0.8, joins=0, drift=0, climb=0, tremor=0, pen=1, pressure=0, ink=(110, 110, 110),
    density=1, mark_size=1, mark_height=0.25, mark_shift=0, stacked=True, paper=(255, 255, 255), grain=0, shading=0,
    ruled=False,
)  # fmt: skip
"""Writes the captions: no font that is sure to be installed has the Vietnamese letters."""


def contact_sheet(archive: Path, columns: int, rows: int) -> np.ndarray:
    """A uint8 RGB image of `columns` x `rows` lines of an archive in the layout of labels.json."""
    width, height = _CELL
    with zipfile.ZipFile(archive) as zipped:
        lines = []
        for name in sorted(zipped.namelist()):
            if PurePosixPath(name).name == "labels.json":
                folder = PurePosixPath(name).parent
                lines += [(str(folder / file), text) for file, text in sorted(json.loads(zipped.read(name)).items())]
        count = min(columns * rows, len(lines))
        sheet = np.full((-(-count // columns) * (height + _CAPTION), columns * width, 3), 255, np.uint8)
        for place in range(count):
            name, text = lines[place * len(lines) // count]
            image = cv2.imdecode(np.frombuffer(zipped.read(name), np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
            x, y = place % columns * width, place // columns * (height + _CAPTION)
            _paste(sheet[y : y + height, x : x + width], image)
            caption = draw_line(text, _PRINTER, np.random.default_rng(0))
            ink = np.flatnonzero((caption < 200).any(axis=(1, 2)))
            caption = caption[max(0, ink[0] - 4) : ink[-1] + 4]
            _paste(sheet[y + height : y + height + _CAPTION, x : x + width], caption)
    return sheet


def _paste(place: np.ndarray, image: np.ndarray) -> None:
    """Draw `image` into the left of `place`, no larger than it is, with 4 pixels to spare on each side."""
    scale = min(1.0, (place.shape[0] - 8) / image.shape[0], (place.shape[1] - 8) / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top = (place.shape[0] - small.shape[0]) // 2
    place[top : top + small.shape[0], 4 : 4 + small.shape[1]] = small


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=Path, help="zip file with folders of images and labels.json")
    parser.add_argument("output", type=Path, help="PNG to write")
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--rows", type=int, default=12)
    arguments = parser.parse_args()
    sheet = contact_sheet(arguments.archive, arguments.columns, arguments.rows)
    cv2.imwrite(str(arguments.output), sheet[:, :, ::-1])


if __name__ == "__main__":
    main()
