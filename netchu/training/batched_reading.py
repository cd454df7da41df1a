"""Reading during a training, in batches of one padded width, so that no line changes the reading of another."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import numpy as np

from netchu.core.frames import FRAME_WIDTH
from netchu.reading.padding import pad_images, padded_width

Item = TypeVar("Item")
Reading = TypeVar("Reading")

_WINDOW = 128
"""Lines grouped by width together."""

_BATCH = 8


def read_lines(
    items: Iterable[tuple[Item, np.ndarray]],
    network: Callable[[np.ndarray], np.ndarray],
    decode: Callable[[np.ndarray], Reading],
) -> Iterator[tuple[Item, Reading]]:
    """Yield each item with the reading of its line image, in the order of `items`.

    Args:
        items: pairs of any object and a line image, uint8 `(height, width)`, dark ink on white.
        network: maps `(batch, height, width, 1)`, as `pad_images` returns it, to logits `(batch, frames, classes)`.
        decode: maps the logits of one line, `(frames, classes)` without padding, to its reading, any object.

    Example:
        for row, text in read_lines(((row, row["image"]) for row in rows), predict, greedy):
            print(row["id"], text)
    """
    items = iter(items)
    while window := list(islice(items, _WINDOW)):
        readings: dict[int, Reading] = {}
        for batch in _batches_of_one_width([image for _, image in window]):
            logits = network(pad_images([window[index][1] for index in batch]))
            for index, line in zip(batch, logits, strict=True):
                readings[index] = decode(line[: window[index][1].shape[1] // FRAME_WIDTH])
        yield from ((item, readings[index]) for index, (item, _) in enumerate(window))


def _batches_of_one_width(images: list[np.ndarray]) -> Iterator[list[int]]:
    """Yield the indices of the images in batches of one padded width."""
    by_width: dict[int, list[int]] = {}
    for index, image in enumerate(images):
        by_width.setdefault(padded_width(image.shape[1]), []).append(index)
    for indices in by_width.values():
        for start in range(0, len(indices), _BATCH):
            yield indices[start : start + _BATCH]
