"""Made-up lines to save in a folder of corrections."""

from pathlib import Path

import numpy as np

from netchu.teaching.corrections import read_corrections


def make_picture(number: int, shape: tuple[int, ...] = (40, 200, 3)) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, shape, np.uint8)


def make_lines(*texts: str, first: int = 0) -> list[tuple[np.ndarray, str]]:
    """Make a line with each text; `first` is the number of the first picture."""
    return [(make_picture(first + number), text) for number, text in enumerate(texts)]


def read_texts(folder: Path) -> list[str]:
    return [line.text for line in read_corrections(folder)]
