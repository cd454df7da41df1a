"""New lines from the words of a line: where a network says that they lie, they are cut out and put in another order.

Without this an LSTM learns the labels by heart, and on a hand that it cannot read it writes what usually comes next.
"""

import numpy as np

from netchu.core.charset import BLANK, encode
from netchu.line_image import FRAME_WIDTH

_SMOOTHING = 5
"""Columns over which ink is summed where a gap between two words is sought."""


def align(log_probabilities: np.ndarray, classes: list[int]) -> list[tuple[int, int]]:
    """First and last frame of each of `classes` on the likeliest CTC path that spells them (Viterbi).

    Args:
        log_probabilities: `(frames, classes)`, the blank last; there are at least as many frames as the text needs.
    """
    if not classes:
        return []
    states = np.full(2 * len(classes) + 1, BLANK)
    states[1::2] = classes
    # A path may step over the blank between two characters that differ.
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    emitted = log_probabilities[:, states]
    score = np.full(len(states), -np.inf)
    score[:2] = emitted[0, :2]
    steps = np.zeros(emitted.shape, np.int8)
    ways = np.full((3, len(states)), -np.inf)
    for frame in range(1, len(emitted)):
        ways[0] = score
        ways[1, 1:] = score[:-1]
        ways[2, 2:] = np.where(skips[2:], score[:-2], -np.inf)
        steps[frame] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emitted[frame]
    state = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
    path = np.empty(len(emitted), np.int64)
    for frame in range(len(emitted) - 1, -1, -1):
        path[frame] = state
        state -= steps[frame, state]
    first = np.searchsorted(path, np.arange(1, len(states), 2), side="left")
    last = np.searchsorted(path, np.arange(1, len(states), 2), side="right") - 1
    return list(zip(first.tolist(), last.tolist(), strict=True))


def word_cuts(image: np.ndarray, text: str, log_probabilities: np.ndarray) -> list[int]:
    """The columns of a line image, `(height, width)` uint8, at which to cut it between the words of `text`.

    Each is the column with the least ink between the last letter of a word and the first of the next.
    """
    places = align(log_probabilities, encode(text))
    ink = np.convolve((255 - image).sum(axis=0, dtype=np.int64), np.ones(_SMOOTHING, np.int64), "same")
    cuts = []
    for index, character in enumerate(text):
        if character == " ":
            start = FRAME_WIDTH * places[index - 1][1] + FRAME_WIDTH // 2
            end = max(FRAME_WIDTH * places[index + 1][0] + FRAME_WIDTH // 2, start + 1)
            cuts.append(start + int(ink[start:end].argmin()))
    return cuts


def shuffle_words(image: np.ndarray, text: str, cuts: list[int], rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """The line's words in a random order, up to half of them left out; `cuts` as `word_cuts` gives them."""
    words = text.split(" ")
    pieces = np.split(image, cuts, axis=1)
    order = rng.permutation(len(words))[: rng.integers((len(words) + 1) // 2, len(words) + 1)]
    return np.concatenate([pieces[index] for index in order], axis=1), " ".join(words[index] for index in order)
