"""Draws the example pictures of the page "Read" into app/examples: `python -m app.make_examples`."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import Writer, draw_line, sample_writer

FOLDER = Path(__file__).parent / "examples"

_MARGIN = 70
"""Pixels around the lines of a page."""


def main() -> None:
    rng = np.random.default_rng(8)
    line = draw_line(address_line(rng, 40), sample_writer(rng), rng)
    _write("line.jpg", line)
    _write("page.jpg", _photograph(_page(rng, lines=6, ruled=False), degrees=3, shading=0.45, rng=rng))
    _write("ruled.jpg", _photograph(_page(rng, lines=5, ruled=True), degrees=-2, shading=0.2, rng=rng))


def _page(rng: np.random.Generator, lines: int, ruled: bool) -> np.ndarray:
    """A sheet of one writer's, float32 (height, width, 3) RGB."""
    writer = sample_writer(rng)
    clean: Writer = replace(writer, paper=(255, 255, 255), grain=0.0, shading=0.0, ruled=False)
    drawn = [draw_line(address_line(rng, 30), clean, rng) for _ in range(lines)]
    pitch = round(4.2 * writer.x_height)
    size = (_MARGIN * 2 + pitch * lines + 40, _MARGIN * 2 + max(line.shape[1] for line in drawn))
    page = np.full((*size, 3), writer.paper, np.float32)
    for number, line in enumerate(drawn):
        top = _MARGIN + pitch * number
        if ruled:
            row = top + round(line.shape[0] / 2 + writer.x_height)
            cv2.line(page, (0, row), (size[1], row), (160, 180, 210), 2, cv2.LINE_AA)
        page[top : top + line.shape[0], _MARGIN : _MARGIN + line.shape[1]] *= line / np.float32(255)
    return page


def _photograph(page: np.ndarray, degrees: float, shading: float, rng: np.random.Generator) -> np.ndarray:
    """The sheet turned clockwise, its lower right corner darker by `shading`, with some grain; uint8."""
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    page = cv2.warpAffine(page, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    light = 1 - shading * np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
    page = page * light[:, :, None] + rng.normal(0, 1.5, (height, width, 1))
    return np.clip(page, 0, 255).astype(np.uint8)


def _write(name: str, picture: np.ndarray) -> None:
    cv2.imwrite(str(FOLDER / name), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == "__main__":
    main()
