"""Drawn tables of synthetic handwriting, with the known text of every cell."""

from dataclasses import replace

import cv2
import numpy as np

from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import Writer, draw_line, sample_writer
from tests.netchu.synthetic_pages import crop_to_ink


def draw_cells(seed: int, rows: int, columns: int) -> tuple[list[list[str]], list[list[np.ndarray]], Writer]:
    """Return the texts of a table, short numbers in every second column; their pictures on white; and the writer."""
    rng = np.random.default_rng(seed)
    writer = sample_writer(rng)
    clean = replace(writer, paper=(255, 255, 255), grain=0.0, shading=0.0, ruled=False)
    texts = [
        [str(rng.integers(1, 500)) if column % 2 == 0 else address_line(rng, 14) for column in range(columns)]
        for _ in range(rows)
    ]
    pictures = [[crop_to_ink(draw_line(text, clean, rng))[0] for text in row] for row in texts]
    return texts, pictures, writer


def lay_out_table(
    pictures: list[list[np.ndarray]],
    padding: tuple[int, int] = (16, 12),
    thickness: int = 2,
    tone: int = 60,
    margin: int = 80,
) -> np.ndarray:
    """Return a page, uint8 RGB, with the pictures in the cells of a ruled table.

    Args:
        padding: pixels of paper left and right, and above and below the writing.
        thickness: of the lines in pixels; 0 for none.
        tone: of the lines, 0 to 255.
        margin: pixels of paper around the table.
    """
    widths = [max(picture.shape[1] for picture in column) + 2 * padding[0] for column in zip(*pictures, strict=True)]
    heights = [max(picture.shape[0] for picture in row) + 2 * padding[1] for row in pictures]
    x, y = (np.concatenate([[0], np.cumsum(sizes)]) + margin for sizes in (widths, heights))
    page = np.full((y[-1] + margin, x[-1] + margin, 3), 245, np.uint8)
    for row, top in zip(pictures, y, strict=False):
        for picture, left in zip(row, x, strict=False):
            height, width = picture.shape[:2]
            part = (
                slice(top + padding[1], top + padding[1] + height),
                slice(left + padding[0], left + padding[0] + width),
            )
            page[part] = np.minimum(page[part], picture)
    if thickness:
        for position in y:
            cv2.line(page, (x[0], position), (x[-1], position), (tone,) * 3, thickness)
        for position in x:
            cv2.line(page, (position, y[0]), (position, y[-1]), (tone,) * 3, thickness)
    return page
