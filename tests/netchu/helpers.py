"""Small tables of line images for tests, and the measurement of memory."""

import csv
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from netchu.core.tables import LINE_COLUMNS, write_lines

HEIGHT = 16


def draw(text: str, rng: np.random.Generator) -> np.ndarray:
    """Return a line image, uint8 (HEIGHT, width), of printed ASCII letters about 12 pixels apart."""
    image = np.full((HEIGHT, 12 * len(text) + 8), 255, np.uint8)
    for position, character in enumerate(text):
        corner = (4 + 12 * position + int(rng.integers(-1, 2)), 12)
        cv2.putText(image, character, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
    return image


def write_table(folder: Path, texts: dict[str, list[str]], seed: int = 0) -> tuple[Path, Path]:
    """Write a table of lines and its split; `texts` maps a subset to its texts."""
    rng = np.random.default_rng(seed)
    rows = [(f"{subset}/{n:03}", subset, text) for subset, lines in texts.items() for n, text in enumerate(lines)]
    table, split = folder / "lines.parquet", folder / "split.csv"
    preprocess = {"height": HEIGHT, "blur": 0.0, "threshold": "none", "deslant": False}
    with write_lines(table, LINE_COLUMNS, {"preprocess": preprocess}) as lines:
        for name, _, text in rows:
            image = draw(text, rng)
            png = cv2.imencode(".png", image)[1].tobytes()
            row = {"id": name, "source": "test", "writer": None, "subset": None, "text": text}
            lines.append(row | {"image": png, "width": image.shape[1]})
    with split.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "subset"])
        writer.writerows((name, subset) for name, subset, _ in rows)
    return table, split


def trace_peak(function: Callable[[], object]) -> int:
    """Return the most memory that the objects of Python and NumPy need at one time while `function` runs, in bytes."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
