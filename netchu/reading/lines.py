"""From line images through a network to what a decoder makes of them: batches of one padded width, in order."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

import numpy as np

from netchu.pictures.line_image import FRAME_WIDTH
from netchu.reading.padding import pad_images, padded_width

Reading = TypeVar("Reading")

_WINDOW = 128
"""Lines grouped by width together."""

_BATCH = 8


def read_lines(
    images: Iterable[np.ndarray],
    network: Callable[[np.ndarray], np.ndarray],
    decode: Callable[[np.ndarray], Reading],
    map_batches: Callable[[Callable, Iterable], Iterable] = map,
) -> Iterator[Reading]:
    """What `decode` makes of each line image, uint8 `(height, width)`, dark ink on white, in the order given.

    Only lines of equal padded width share a batch, so that what is read in a line never depends on those beside it.

    Args:
        images: as `line_image` makes them.
        network: from `(batch, height, width, 1)`, as `pad_images` makes it, to logits `(batch, frames, classes)`.
        decode: from the logits of one line, `(frames, classes)`, its padding cut off, to its text.
        map_batches: `map`, or `ordered_map` for a network and decoder that may be called from several threads.
    """

    def read(batch: list[tuple[int, np.ndarray]]) -> list[tuple[int, Reading]]:
        logits = network(pad_images([image for _, image in batch]))
        return [
            (number, decode(line[: image.shape[1] // FRAME_WIDTH]))
            for (number, image), line in zip(batch, logits, strict=True)
        ]

    readings: dict[int, Reading] = {}
    following = 0
    for batch in map_batches(read, _batches(images)):
        readings.update(batch)
        while following in readings:
            yield readings.pop(following)
            following += 1


def _batches(images: Iterable[np.ndarray]) -> Iterator[list[tuple[int, np.ndarray]]]:
    """The images, each with its number, in batches of one padded width."""
    numbered = enumerate(images)
    while window := list(islice(numbered, _WINDOW)):
        by_width: dict[int, list[tuple[int, np.ndarray]]] = {}
        for number, image in window:
            by_width.setdefault(padded_width(image.shape[1]), []).append((number, image))
        for lines in by_width.values():
            for start in range(0, len(lines), _BATCH):
                yield lines[start : start + _BATCH]
