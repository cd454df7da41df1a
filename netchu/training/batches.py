"""Training batches: augmented lines of similar width, made while they are needed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from netchu.core.charset import encode
from netchu.core.folding import fold
from netchu.core.subsets import Subset, decode_line_image
from netchu.pictures.frames import FRAME_WIDTH, required_frames
from netchu.reading.padding import pad_images
from netchu.training.augment import AugmentParams, augment
from netchu.training.composition import shuffle_words

PAD = -1
"""Marks the end of a text in a dense batch of labels."""

_WINDOW = 16
"""Batches sorted by width together: wide enough for little padding, small enough to stay a shuffle."""

_CHUNK = 16
"""Lines augmented together, in the process where that happens."""


@dataclass(frozen=True)
class Batch:
    """What one training step takes."""

    images: np.ndarray
    """`(batch, height, width, 1)` float32, ink 1, paper and padding 0."""
    frames: np.ndarray
    """`(batch,)` int32, frames of each line that are not padding."""
    labels: np.ndarray
    """`(batch, longest text)` int32 classes, padded with PAD."""
    folded: np.ndarray
    """`(batch,)` bool, which labels say nothing of case and punctuation."""


@dataclass(frozen=True)
class _Line:
    """A line to augment: its image as the table stores it, `cuts` between its words or None, its own random seed."""

    image: bytes
    text: str
    folded: bool
    cuts: list[int] | None
    seed: tuple[int, ...]


def training_batches(
    lines: Subset,
    folded: Collection[str],
    cuts: Mapping[str, list[int]],
    size: int,
    augmentation: AugmentParams,
    seed: int,
    epoch: int,
    map_chunks: Callable[[Callable, Iterable], Iterable] = map,
) -> Iterator[Batch]:
    """Every line once, augmented, in an order drawn from `seed` and `epoch`: `ceil(lines / size)` batches.

    Args:
        folded: sources whose labels say nothing of case and punctuation.
        cuts: by line id, where to cut between words (`word_cuts`); lines that are not in it are not shuffled.
        map_chunks: `map`, or one that augments in other processes; the batches are the same.
    """
    rng = np.random.default_rng((seed, epoch))
    rows = (
        _Line(row["image"], row["text"], row["source"] in folded, cuts.get(row["id"]), (seed, epoch, number))
        for number, row in enumerate(lines.shuffled(rng))
    )
    chunks = map_chunks(partial(_augment_lines, augmentation), iter(lambda: list(islice(rows, _CHUNK)), []))
    augmented = (line for chunk in chunks for line in chunk)
    while window := list(islice(augmented, _WINDOW * size)):
        window.sort(key=lambda line: line[0].shape[1])
        for index in rng.permutation(-(-len(window) // size)):
            yield make_batch(*zip(*window[index * size : (index + 1) * size], strict=True))


def _augment_lines(augmentation: AugmentParams, lines: list[_Line]) -> list[tuple[np.ndarray, str, bool]]:
    """The image, text and `folded` of each line, changed as its seed says."""
    augmented = []
    for line in lines:
        rng = np.random.default_rng(line.seed)
        image, text = decode_line_image(line.image), line.text
        if line.cuts is not None and rng.random() < augmentation.shuffle:
            image, text = shuffle_words(image, text, line.cuts, rng)
        if line.folded:
            text = fold(text)
        augmented.append((augment(image, required_frames(text), augmentation, rng), text, line.folded))
    return augmented


def make_batch(images: Sequence[np.ndarray], texts: Sequence[str], folded: Sequence[bool]) -> Batch:
    """Pad line images, uint8 `(height, width)`, to a common width, and their texts to a common length."""
    labels = np.full((len(texts), max(map(len, texts))), PAD, np.int32)
    for row, text in enumerate(texts):
        labels[row, : len(text)] = encode(text)
    frames = np.array([image.shape[1] // FRAME_WIDTH for image in images], np.int32)
    return Batch(pad_images(images), frames, labels, np.array(folded, bool))
