"""Archives of line images drawn from files of pen strokes."""

import csv
import functools
import hashlib
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
from pydantic import Field

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.parallel import ordered_map
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.intake.stroke_files import StrokeLine, read_strokes
from netchu.synthetic.dataset import add_entry
from netchu.synthetic.handwriting import sample_writer
from netchu.synthetic.stroke_drawing import MAX_SIZE, draw_strokes, measure_strokes

JPEG_QUALITY = 90


class StrokeParams(Section):
    """Seed and number of the images of pen strokes, the group `download.strokes` of params.yaml."""

    seed: int = Field(ge=0, le=2**31 - 1)
    renderings: int = Field(ge=1, le=100)  # images of a line; one if the data names it a validation or test line


def write_stroke_archive(strokes: Path, path: Path, params: StrokeParams) -> int:
    """Draw the lines of the file `strokes`, write them to the zip file `path`, and return the number of images.

    Each image has its own pen, ink and paper. The zip holds the images `images/<id>-<n>.jpg` and `lines.csv` with the
    columns file, text, writer, subset and fault. A faulty line has no image, and the clean stage rejects it. Equal
    parameters give equal bytes.

    >>> write_stroke_archive(Path("lines.jsonl.xz"), Path("lines.zip"), StrokeParams(seed=1, renderings=2))
    9788

    Raises:
        NetchuError: the file cannot be read, or has no good line.
    """
    total = sum(1 for _ in read_strokes(strokes))
    rows, images, first_fault = [], 0, ""
    # One image a thread: OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)
    drawn = ordered_map(functools.partial(_draw_renderings, params=params), read_strokes(strokes))
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for line, pictures in progress(drawn, f"drawing {strokes.name}", total):
            for number, picture in enumerate(pictures):
                file = f"images/{line.id}-{number}.jpg"
                add_entry(archive, file, picture)
                rows.append((file, line.text, line.writer, line.subset, ""))
                images += 1
            if line.fault:
                first_fault = first_fault or line.fault
                rows.append((f"images/{line.id}", line.text, line.writer, line.subset, line.fault))
        if not images:
            raise NetchuError(f"{strokes}: no good line of {total:,}" + (f"; {first_fault}" if first_fault else ""))
        table = io.StringIO(newline="")
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("file", "text", "writer", "subset", "fault"))
        writer.writerows(rows)
        add_entry(archive, "lines.csv", table.getvalue().encode("utf-8", "backslashreplace"))
    return images


def _draw_renderings(line: StrokeLine, params: StrokeParams) -> tuple[StrokeLine, list[bytes]]:
    """Return the line, with a fault if it cannot be drawn, and its images as JPEG files."""
    if not line.fault:
        width, height = measure_strokes(line.strokes)
        if width > MAX_SIZE[0] or height > MAX_SIZE[1]:
            line = line._replace(fault=f"not one line: {width:,.0f} letter heights wide and {height:,.0f} high")
    if line.fault:
        return line, []
    renderings = 1 if line.subset in ("validation", "test") else params.renderings
    key = int.from_bytes(hashlib.sha256(line.id.encode()).digest()[:8])
    pictures = []
    for number in range(renderings):
        rng = np.random.default_rng([params.seed, key, number])
        image = draw_strokes(line.strokes, sample_writer(rng), rng)
        pictures.append(cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes())
    return line, pictures
