"""From line images to text through a network: batches of one padded width, each line decoded by itself."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from netchu.line_image import FRAME_WIDTH
from netchu.padding import pad_images, padded_width

_WINDOW = 256
"""Lines grouped by width together."""

_BATCH = 16


def read_lines(
    images: Iterable[np.ndarray], network: Callable[[np.ndarray], np.ndarray], decode: Callable[[np.ndarray], str]
) -> Iterator[str]:
    """The text of each line image, uint8 `(height, width)`, dark ink on white, in the order given.

    Only lines of equal padded width share a batch, so that what is read in a line never depends on those beside it.

    Args:
        images: as `line_image` makes them.
        network: from `(batch, height, width, 1)`, as `pad_images` makes it, to logits `(batch, frames, classes)`.
        decode: from the logits of one line, `(frames, classes)`, its padding cut off, to its text.
    """
    images = iter(images)
    while window := list(islice(images, _WINDOW)):
        by_width: dict[int, list[int]] = {}
        for index, image in enumerate(window):
            by_width.setdefault(padded_width(image.shape[1]), []).append(index)
        texts = [""] * len(window)
        for indices in by_width.values():
            for start in range(0, len(indices), _BATCH):
                batch = indices[start : start + _BATCH]
                for index, logits in zip(batch, network(pad_images([window[i] for i in batch])), strict=True):
                    texts[index] = decode(logits[: window[index].shape[1] // FRAME_WIDTH])
        yield from texts
