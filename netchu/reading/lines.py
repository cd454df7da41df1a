"""From line images through a network to what a decoder makes of them: batches of one padded width, in order."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import numpy as np

from netchu.pictures.line_image import FRAME_WIDTH
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
    map_batches: Callable[[Callable, Iterable], Iterable] = map,
) -> Iterator[tuple[Item, Reading]]:
    """Yield each item with what `decode` makes of its line image, in the order given.

    Only lines of equal padded width share a batch, so that what is read in a line never depends on those beside it.

    Args:
        items: pairs of any item and its line image, uint8 `(height, width)`, dark ink on white.
        network: from `(batch, height, width, 1)`, as `pad_images` makes it, to logits `(batch, frames, classes)`.
        decode: from the logits of one line, `(frames, classes)`, its padding cut off, to its text.
        map_batches: `map`, or `ordered_map` for a network and decoder that may be called from several threads.
    """

    def read(batch: list[tuple[int, Item, np.ndarray]]) -> list[tuple[int, tuple[Item, Reading]]]:
        logits = network(pad_images([image for *_, image in batch]))
        return [
            (number, (item, decode(line[: image.shape[1] // FRAME_WIDTH])))
            for (number, item, image), line in zip(batch, logits, strict=True)
        ]

    readings: dict[int, tuple[Item, Reading]] = {}
    following = 0
    for batch in map_batches(read, _batches(items)):
        readings.update(batch)
        while following in readings:
            yield readings.pop(following)
            following += 1


def _batches(items: Iterable[tuple[Item, np.ndarray]]) -> Iterator[list[tuple[int, Item, np.ndarray]]]:
    """The items and images, each with its number, in batches of one padded width."""
    numbered = ((number, item, image) for number, (item, image) in enumerate(items))
    while window := list(islice(numbered, _WINDOW)):
        by_width: dict[int, list[tuple[int, Item, np.ndarray]]] = {}
        for line in window:
            by_width.setdefault(padded_width(line[2].shape[1]), []).append(line)
        for lines in by_width.values():
            for start in range(0, len(lines), _BATCH):
                yield lines[start : start + _BATCH]
