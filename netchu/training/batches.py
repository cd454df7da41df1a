"""Training batches: augmented lines of similar width, made one after the other during the training."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np

from netchu.core.charset import encode
from netchu.core.folding import LabelsParams, LabelStyle
from netchu.core.frames import FRAME_WIDTH, required_frames
from netchu.core.subsets import Subset, decode_line_image
from netchu.reading.padding import pad_images
from netchu.training.augment import AugmentParams, augment, shuffle_words
from netchu.training.sampling import Sampling

PAD = -1
"""Marks the end of a text in a dense batch of labels."""

_WINDOW = 16
"""Number of batches whose lines are sorted by width together: a compromise between little padding and random order."""

_CHUNK = 16
"""Number of lines that one call of a worker process augments."""


@dataclass(frozen=True)
class Batch:
    """The arrays of one training step."""

    images: np.ndarray
    """`(batch, height, width, 1)` float32, ink 1, paper and padding 0."""
    frames: np.ndarray
    """`(batch,)` int32, frames of each line without the padding."""
    labels: np.ndarray
    """`(batch, longest text)` int32 classes, padded with PAD."""
    styles: np.ndarray
    """`(batch,)` int32, the LabelStyle of each line."""
    share: float = 1.0
    """Fraction of the lines of the step, below 1 if several processes train on parts of a batch."""


@dataclass(frozen=True)
class _TrainingLine:
    """A line before its augmentation."""

    image: bytes  # as stored in the table
    text: str
    style: LabelStyle
    cuts: list[int] | None  # columns between the words; None: do not shuffle the words
    seed: tuple[int, ...]


def training_batches(
    lines: Subset,
    sampling: Sampling,
    labels: LabelsParams,
    cuts: Mapping[str, list[int]],
    size: int,
    augmentation: AugmentParams,
    seed: int,
    epoch: int,
    map_chunks: Callable[[Callable, Iterable], Iterable] = map,
) -> Iterator[Batch]:
    """Yield lines, each as often as `sampling` says, augmented and in random order, in `ceil(lines / size)` batches.

    The order depends on `seed` and `epoch` alone; the augmentation of a line on `seed`, `epoch`, the line's id and how
    many times the line has been used in the epoch.

    Args:
        labels: the sources whose labels lack case or punctuation; their texts are reduced accordingly.
        cuts: by line id, the columns between the words (`find_word_cuts`); only the words of these lines are shuffled.
        map_chunks: `map`, or a parallel `map` that keeps the order; the batches are the same.
    """
    order = np.random.default_rng(_derive_seed(seed, epoch, "lines"))
    used: Counter[str] = Counter()
    rows = (
        _TrainingLine(
            row["image"],
            row["text"],
            labels.style_of(row["source"]),
            cuts.get(row["id"]),
            _derive_seed(seed, epoch, _name_use(row["id"], used)),
        )
        for row in lines.shuffled(order, sampling.uses(epoch))
    )
    chunks = map_chunks(partial(_augment_lines, augmentation), iter(lambda: list(islice(rows, _CHUNK)), []))
    augmented = (line for chunk in chunks for line in chunk)
    # Not the generator of the order of the lines: its state depends on how many lines `map_chunks` reads ahead.
    rng = np.random.default_rng(_derive_seed(seed, epoch, "batches"))
    while window := list(islice(augmented, _WINDOW * size)):
        window.sort(key=lambda line: line[0].shape[1])
        for index in rng.permutation(-(-len(window) // size)):
            yield make_batch(*zip(*window[index * size : (index + 1) * size], strict=True))


def _name_use(line_id: str, used: Counter[str]) -> str:
    """Count one more use of a line in `used`, and return a name for this use."""
    used[line_id] += 1
    return f"line {line_id}" if used[line_id] == 1 else f"line {line_id}, use {used[line_id]}"


def _derive_seed(seed: int, epoch: int, purpose: str) -> tuple[int, ...]:
    """Return the seed of a generator for one purpose, independent of those for other purposes."""
    return seed, epoch, *purpose.encode()


def _augment_lines(augmentation: AugmentParams, lines: list[_TrainingLine]) -> list[tuple[np.ndarray, str, LabelStyle]]:
    """Return the augmented image, the text and the style of each line."""
    augmented = []
    for line in lines:
        rng = np.random.default_rng(line.seed)
        image, text = decode_line_image(line.image), line.text
        if line.cuts is not None and rng.random() < augmentation.shuffle:
            image, text = shuffle_words(image, text, line.cuts, rng)
        text = line.style.reduce(text)
        augmented.append((augment(image, required_frames(text), augmentation, rng), text, line.style))
    return augmented


def make_batch(images: Sequence[np.ndarray], texts: Sequence[str], styles: Sequence[LabelStyle]) -> Batch:
    """Pad line images, uint8 `(height, width)`, to a common width, and their texts to a common length."""
    labels = np.full((len(texts), max(map(len, texts))), PAD, np.int32)
    for row, text in enumerate(texts):
        labels[row, : len(text)] = encode(text)
    frames = np.array([image.shape[1] // FRAME_WIDTH for image in images], np.int32)
    return Batch(pad_images(images), frames, labels, np.array(styles, np.int32))


def split_batch(batch: Batch, count: int) -> list[Batch]:
    """Return `count` parts of `batch`, all as wide as `batch`; part r has every `count`-th line from line r on.

    If there are fewer lines than parts, each part has all of them, so that the mean over all parts is the same.
    """
    size = len(batch.images)
    parts = [np.arange(size)] * count if size < count else [np.arange(part, size, count) for part in range(count)]
    total = sum(map(len, parts))
    return [
        Batch(batch.images[part], batch.frames[part], batch.labels[part], batch.styles[part], len(part) / total)
        for part in parts
    ]
