"""How sure the network is of each letter of a text, and which others it might be."""

from typing import NamedTuple

import numpy as np

from netchu.core.charset import BLANK, CHARSET, encode
from netchu.reading.alignment import path_states
from netchu.reading.decoding import log_softmax

_LEAST = 0.01
"""Probability below which an alternative is not worth a word."""

_MOST = 5
"""Alternatives of a letter."""


class Letter(NamedTuple):
    """A character of a text; what it might be instead, likeliest first, each with its probability; "" is nothing."""

    text: str
    probability: float  # 0 to 1, of the network alone
    alternatives: tuple[tuple[str, float], ...]


def read_letters(logits: np.ndarray, text: str) -> tuple[Letter, ...]:
    """The characters of `text`, as read in the logits of a line, `(frames, classes)`, with their probabilities.

    A letter's probability is that of the text against all texts which have another character in its place or none: sums
    over all paths of the CTC (Graves et al., "Connectionist temporal classification", ICML 2006).
    """
    if not text:
        return ()
    classes = np.array(encode(text), np.intp)
    log_weights = _log_weights(log_softmax(logits.astype(np.float64)), classes)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    letters = []
    for own, row in zip(classes, weights, strict=True):
        best = np.argsort(-row, kind="stable")[: _MOST + 1]
        others = tuple(
            ("" if place == BLANK else CHARSET[place], float(row[place]))
            for place in best
            if place != own and row[place] >= _LEAST
        )
        letters.append(Letter(CHARSET[own], float(row[own]), others[:_MOST]))
    return tuple(letters)


def _log_weights(likelihoods: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Log-probability of the text with each character in each place, `(length, BLANK + 1)`; the last: with none."""
    before, after = _before(likelihoods, classes), _after(likelihoods, classes)
    left, right = np.full(len(classes), BLANK), np.full(len(classes), BLANK)  # neighbours, BLANK where there is none
    left[1:], right[:-1] = classes[:-1], classes[1:]
    # Paths that stand just before a place, in the blank or in the character before it; and those that go on after it.
    blank_before, letter_before = before[:, 0:-1:2], np.full_like(before[:, 0:-1:2], -np.inf)
    letter_before[:, 1:] = before[:, 1:-2:2]
    blank_after, letter_after = after[:, 2::2], np.full_like(after[:, 2::2], -np.inf)
    letter_after[:, :-1] = after[:, 3::2]
    # The sums for all characters at once are of plain probabilities, scaled to 1 at each place's likeliest frame.
    best_before, best_after = np.maximum(blank_before, letter_before), np.maximum(blank_after, letter_after)
    frame = (best_before[:-1] + best_after[1:]).argmax(axis=0)
    places = np.arange(len(classes))
    before_scale, after_scale = best_before[frame, places], best_after[frame + 1, places]
    blank_before, letter_before = _scaled(blank_before, before_scale), _scaled(letter_before, before_scale)
    blank_after, letter_after = _scaled(blank_after, after_scale), _scaled(letter_after, after_scale)
    characters = np.arange(BLANK)
    # Only a blank separates a character from its like.
    unlike_left, unlike_right = characters != left[:, None], characters != right[:, None]
    probabilities = np.exp(likelihoods[:, :BLANK])
    inside, total = np.zeros((len(classes), BLANK)), np.zeros((len(classes), BLANK))
    for frame, emitted in enumerate(probabilities):
        inside += blank_before[frame, :, None] + unlike_left * letter_before[frame, :, None]
        inside *= emitted
        total += inside * (blank_after[frame + 1, :, None] + unlike_right * letter_after[frame + 1, :, None])
    letter_after[-1, -1] = blank_after[-1, -1]  # without its last character, the text ends where the paths do
    none = ((blank_before + (left != right) * letter_before) * letter_after).sum(axis=0)
    with np.errstate(divide="ignore"):
        return np.log(np.column_stack([total, none])) + (before_scale + after_scale)[:, None]


def _scaled(log_probabilities: np.ndarray, scale: np.ndarray) -> np.ndarray:
    # Far from the likeliest frame one side may be huge where the other is nil; products must stay finite.
    return np.exp(np.minimum(log_probabilities - scale, 300))


def _before(likelihoods: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Log-probability of all paths up to each frame that end in each state, `(frames + 1, states)`.

    Row 0 is before the first frame, where a path stands in the first blank.
    """
    states, skips = path_states(classes)
    emitted = likelihoods[:, states]
    result = np.full((len(likelihoods) + 1, len(states)), -np.inf)
    result[0, 0] = 0
    for frame, scores in enumerate(emitted):
        last, new = result[frame], result[frame + 1]
        new[:] = last
        new[1:] = np.logaddexp(new[1:], last[:-1])
        new[2:] = np.where(skips[2:], np.logaddexp(new[2:], last[:-2]), new[2:])
        new += scores
    return result


def _after(likelihoods: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Log-probability of all paths from each frame on that begin in each state, `(frames + 1, states)`.

    The last row is after the last frame, where a path stands in the last blank.
    """
    return _before(likelihoods[::-1], classes[::-1])[::-1, ::-1]
