"""The gaps between the words of the training lines, where `augment.shuffle_words` cuts the lines.

The positions of the characters come from a forced alignment with the logits of a trained network.
"""

from collections.abc import Callable

import keras
import numpy as np

from netchu.core.charset import encode
from netchu.core.folding import LabelsParams, LabelStyle
from netchu.core.frames import FRAME_WIDTH
from netchu.core.progress import progress
from netchu.core.subsets import Subset
from netchu.reading.alignment import force_align
from netchu.reading.decoding import log_softmax
from netchu.training.batched_reading import read_lines
from netchu.training.ctc import merge_logits

_SMOOTHING = 5
"""Number of columns whose ink is summed to find a gap."""


def find_word_cuts(
    predict: Callable[[np.ndarray], np.ndarray], lines: Subset, labels: LabelsParams
) -> dict[str, list[int]]:
    """Return, by line id, the columns at which to cut each of `lines` between its words.

    Args:
        predict: maps images, as `pad_images` makes them, to logits `(batch, frames, classes)`.
        labels: the sources whose labels lack case or punctuation.
    """
    items = ((row, row["image"]) for row in lines)
    cuts = {}
    for row, logits in progress(read_lines(items, predict, np.copy), "train: finding words", len(lines)):
        text = row["text"]
        style = labels.style_of(row["source"])
        if style != LabelStyle.EXACT:
            logits = keras.ops.convert_to_numpy(merge_logits(logits[None], np.array([style])))[0]
            text = text.lower()  # not `fold`, which could drop a whole word, and with it a cut
        cuts[row["id"]] = cut_words(row["image"], text, log_softmax(logits))
    return cuts


def cut_words(image: np.ndarray, text: str, log_probabilities: np.ndarray) -> list[int]:
    """Return the columns at which to cut a line image between the words of `text`.

    Each is the column with the least ink between the last letter of a word and the first letter of the next.

    Args:
        image: uint8 `(height, width)`, dark ink on white.
        log_probabilities: `(frames, classes)`, the blank last.
    """
    positions = force_align(log_probabilities, encode(text))
    ink = np.convolve((255 - image).sum(axis=0, dtype=np.int64), np.ones(_SMOOTHING, np.int64), "same")
    cuts = []
    for index, character in enumerate(text):
        if character == " ":
            start = FRAME_WIDTH * positions[index - 1][1] - FRAME_WIDTH // 2
            end = max(FRAME_WIDTH * positions[index + 1][0] + FRAME_WIDTH // 2, start + 1)
            cuts.append(start + int(ink[start:end].argmin()))
    return cuts
