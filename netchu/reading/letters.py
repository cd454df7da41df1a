"""Probabilities of the letters of a text and of their alternatives."""

from typing import NamedTuple

import numpy as np

from netchu.core.charset import BLANK, CHARSET, encode
from netchu.reading.alignment import backward_variables, forward_variables
from netchu.reading.decoding import log_softmax

_MIN_PROBABILITY = 0.01
"""Alternatives less likely than this are omitted."""

_MAX_ALTERNATIVES = 5


class LetterReading(NamedTuple):
    """A character of a text with its alternatives, the most likely first, each with its probability.

    The alternative "" stands for no character.
    """

    text: str
    probability: float  # 0 to 1, by the network alone
    alternatives: tuple[tuple[str, float], ...]


def read_letters(logits: np.ndarray, text: str) -> tuple[LetterReading, ...]:
    """Return each character of `text`, as read in a line's `logits`, `(frames, classes)`, with its probability.

    Probabilities are relative to those of all texts that have another character, or none, in the same position and
    are otherwise equal to `text`. Each text's probability is the sum over its CTC paths (Graves et al. 2006).
    """
    if not text:
        return ()
    classes = np.array(encode(text), np.intp)
    log_weights = _substitution_log_probabilities(log_softmax(logits.astype(np.float64)), classes)
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    letters = []
    for read_class, row in zip(classes, weights, strict=True):
        best = np.argsort(-row, kind="stable")[: _MAX_ALTERNATIVES + 1]
        alternatives = tuple(
            ("" if candidate == BLANK else CHARSET[candidate], float(row[candidate]))
            for candidate in best
            if candidate != read_class and row[candidate] >= _MIN_PROBABILITY
        )
        letters.append(LetterReading(CHARSET[read_class], float(row[read_class]), alternatives[:_MAX_ALTERNATIVES]))
    return tuple(letters)


def _substitution_log_probabilities(log_probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the log-probability of the text with each character in each position, `(length, BLANK + 1)`.

    The last column is of the text without that position's character.
    """
    forward, backward = forward_variables(log_probabilities, classes), backward_variables(log_probabilities, classes)
    left, right = np.full(len(classes), BLANK), np.full(len(classes), BLANK)  # neighbours; BLANK at the text's ends
    left[1:], right[:-1] = classes[:-1], classes[1:]
    # Paths that end just before a position, in the blank or the character before it; and those that begin after it.
    blank_before, letter_before = forward[:, 0:-1:2], np.full_like(forward[:, 0:-1:2], -np.inf)
    letter_before[:, 1:] = forward[:, 1:-2:2]
    blank_after, letter_after = backward[:, 2::2], np.full_like(backward[:, 2::2], -np.inf)
    letter_after[:, :-1] = backward[:, 3::2]
    # Sums of probabilities are faster than sums of logarithms. Each position's are scaled to 1 at its likeliest frame.
    best_before, best_after = np.maximum(blank_before, letter_before), np.maximum(blank_after, letter_after)
    likeliest = (best_before[:-1] + best_after[1:]).argmax(axis=0)
    positions = np.arange(len(classes))
    before_scale, after_scale = best_before[likeliest, positions], best_after[likeliest + 1, positions]
    blank_before, letter_before = _scaled_exp(blank_before, before_scale), _scaled_exp(letter_before, before_scale)
    blank_after, letter_after = _scaled_exp(blank_after, after_scale), _scaled_exp(letter_after, after_scale)
    characters = np.arange(BLANK)
    # Only a blank separates two equal characters.
    differs_left, differs_right = characters != left[:, None], characters != right[:, None]
    probabilities = np.exp(log_probabilities[:, :BLANK])
    inside, total = np.zeros((len(classes), BLANK)), np.zeros((len(classes), BLANK))
    for frame, emitted in enumerate(probabilities):
        inside += blank_before[frame, :, None] + differs_left * letter_before[frame, :, None]
        inside *= emitted
        total += inside * (blank_after[frame + 1, :, None] + differs_right * letter_after[frame + 1, :, None])
    letter_after[-1, -1] = blank_after[-1, -1]  # without its last character, the text ends where the paths end
    omitted = ((blank_before + (left != right) * letter_before) * letter_after).sum(axis=0)
    with np.errstate(divide="ignore"):
        return np.log(np.column_stack([total, omitted])) + (before_scale + after_scale)[:, None]


def _scaled_exp(log_probabilities: np.ndarray, scale: np.ndarray) -> np.ndarray:
    # Far from the likeliest frame, one factor may be huge where the other is 0. Their product must stay finite.
    return np.exp(np.minimum(log_probabilities - scale, 300))
