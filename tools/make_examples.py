"""Draw the example pictures of the page "Read" into app/examples: `python -m tools.make_examples`, a second."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from netchu.pictures.encoding import write_image
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import Writer, draw_line, sample_writer

FOLDER = Path("app/examples")

_MARGIN = 70
"""Pixels around the lines of a page."""


def main() -> None:
    rng = np.random.default_rng(8)
    line = draw_line(address_line(rng, 40), sample_writer(rng), rng)
    tilted = _photograph(_draw_page(rng, lines=6, ruled=False), degrees=3, shading=0.45, rng=rng)
    ruled = _photograph(_draw_page(rng, lines=5, ruled=True), degrees=-2, shading=0.2, rng=rng)
    for name, picture in {"line.jpg": line, "page.jpg": tilted, "ruled.jpg": ruled}.items():
        write_image(FOLDER / name, picture, quality=80)


def _draw_page(rng: np.random.Generator, lines: int, ruled: bool) -> np.ndarray:
    """Draw a page by one writer, float32 (height, width, 3) RGB."""
    writer = sample_writer(rng)
    on_white: Writer = replace(writer, paper=(255, 255, 255), grain=0.0, shading=0.0, ruled=False)
    images = [draw_line(address_line(rng, 30), on_white, rng) for _ in range(lines)]
    line_spacing = round(4.2 * writer.x_height)
    size = (_MARGIN * 2 + line_spacing * lines + 40, _MARGIN * 2 + max(image.shape[1] for image in images))
    page = np.full((*size, 3), writer.paper, np.float32)
    for number, image in enumerate(images):
        top = _MARGIN + line_spacing * number
        if ruled:
            row = top + round(image.shape[0] / 2 + writer.x_height)
            cv2.line(page, (0, row), (size[1], row), (160, 180, 210), 2, cv2.LINE_AA)
        page[top : top + image.shape[0], _MARGIN : _MARGIN + image.shape[1]] *= image / np.float32(255)
    return page


def _photograph(page: np.ndarray, degrees: float, shading: float, rng: np.random.Generator) -> np.ndarray:
    """Turn the page clockwise, darken its lower right corner by `shading`, add grain; return uint8 RGB."""
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    page = cv2.warpAffine(page, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    light = 1 - shading * np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
    page = page * light[:, :, None] + rng.normal(0, 1.5, (height, width, 1))
    return np.clip(page, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
