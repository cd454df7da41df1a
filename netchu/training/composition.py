"""New lines from the words of a line: where a network says that they lie, they are cut out and put in another order.

Without this an LSTM learns the labels by heart, and on a hand that it cannot read it writes what usually comes next.
"""

import numpy as np

from netchu.core.charset import encode
from netchu.pictures.frames import FRAME_WIDTH
from netchu.reading.alignment import force_align

_SMOOTHING = 5
"""Columns over which ink is summed where a gap between two words is sought."""


def word_cuts(image: np.ndarray, text: str, log_probabilities: np.ndarray) -> list[int]:
    """The columns of a line image, `(height, width)` uint8, at which to cut it between the words of `text`.

    Each is the column with the least ink between the last letter of a word and the first of the next.
    """
    places = force_align(log_probabilities, encode(text))
    ink = np.convolve((255 - image).sum(axis=0, dtype=np.int64), np.ones(_SMOOTHING, np.int64), "same")
    cuts = []
    for index, character in enumerate(text):
        if character == " ":
            start = FRAME_WIDTH * places[index - 1][1] - FRAME_WIDTH // 2
            end = max(FRAME_WIDTH * places[index + 1][0] + FRAME_WIDTH // 2, start + 1)
            cuts.append(start + int(ink[start:end].argmin()))
    return cuts


def shuffle_words(image: np.ndarray, text: str, cuts: list[int], rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """The line's words in a random order, up to half of them left out; `cuts` as `word_cuts` gives them."""
    words = text.split(" ")
    pieces = np.split(image, cuts, axis=1)
    order = rng.permutation(len(words))[: rng.integers((len(words) + 1) // 2, len(words) + 1)]
    return np.concatenate([pieces[index] for index in order], axis=1), " ".join(words[index] for index in order)
