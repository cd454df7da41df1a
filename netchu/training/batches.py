"""Training batches: augmented lines of similar width, made while they are needed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from netchu.core.charset import encode
from netchu.core.folding import fold
from netchu.core.subsets import Subset
from netchu.pictures.line_image import FRAME_WIDTH, required_frames
from netchu.reading.padding import pad_images
from netchu.training.augment import AugmentParams, augment
from netchu.training.composition import shuffle_words
from netchu.training.ctc import PAD

_WINDOW = 16
"""Batches sorted by width together: wide enough for little padding, small enough to stay a shuffle."""


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


def training_batches(
    lines: Subset,
    folded: Collection[str],
    cuts: Mapping[str, list[int]],
    size: int,
    augmentation: AugmentParams,
    seed: int,
    epoch: int,
) -> Iterator[Batch]:
    """Every line once, augmented, in an order drawn from `seed` and `epoch`: `ceil(lines / size)` batches.

    Args:
        folded: sources whose labels say nothing of case and punctuation.
        cuts: by line id, where to cut between words (`word_cuts`); lines that are not in it are not shuffled.
    """
    rng = np.random.default_rng((seed, epoch))
    rows = lines.shuffled(rng)
    while window := list(islice(rows, _WINDOW * size)):
        augmented = []
        for row in window:
            image, text, without = row["image"], row["text"], row["source"] in folded
            if row["id"] in cuts and rng.random() < augmentation.shuffle:
                image, text = shuffle_words(image, text, cuts[row["id"]], rng)
            if without:
                text = fold(text)
            augmented.append((augment(image, required_frames(text), augmentation, rng), text, without))
        augmented.sort(key=lambda line: line[0].shape[1])
        for index in rng.permutation(-(-len(augmented) // size)):
            yield make_batch(*zip(*augmented[index * size : (index + 1) * size], strict=True))


def make_batch(images: Sequence[np.ndarray], texts: Sequence[str], folded: Sequence[bool]) -> Batch:
    """Pad line images, uint8 `(height, width)`, to a common width, and their texts to a common length."""
    labels = np.full((len(texts), max(map(len, texts))), PAD, np.int32)
    for row, text in enumerate(texts):
        labels[row, : len(text)] = encode(text)
    frames = np.array([image.shape[1] // FRAME_WIDTH for image in images], np.int32)
    return Batch(pad_images(images), frames, labels, np.array(folded, bool))
