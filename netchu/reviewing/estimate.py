"""The number of words that are still wrong, estimated from confidences and from the answers so far."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

TARGETS = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)
"""Shares of wrong words that a review aims at, one after the other."""

_PRIOR_DEVIATION = 0.5
"""Standard deviation of the logarithm of the factor by which the odds of an error differ from the reader's."""

_LOWEST = 5e-4
"""Confidences are limited to the range from this to 1 minus this. A calibration on a few thousand words gives
the surest of them confidence 1, because it cannot tell smaller probabilities of an error from 0."""


class Outlook(NamedTuple):
    """The errors that are left, and the answers until fewer are left."""

    wrong: float  # expected number of wrong words
    share: float  # of all words
    target: float  # the next share of wrong words in TARGETS; 0 after the last one
    answers: int  # until the share is at most the target


def estimate_outlook(answered: Sequence[tuple[float, bool]], unanswered: Sequence[float]) -> Outlook:
    """Return the outlook of a review in which answered words are right.

        estimate_outlook([(0.4, True), (0.5, False)], [0.9, 0.99])

    Confidences are calibrated on validation lines; other handwriting may be harder. So the odds of an error of every
    word are multiplied by one factor, the most likely one given the answers. Its prior is log-normal around 1, so few
    answers change the estimate little.

    Args:
        answered: confidence of each answered word, and whether its reading was wrong.
        unanswered: confidences in the order of the review.
    """
    log_factor = _estimate_log_factor(answered)
    probabilities = _error_probabilities(np.array(unanswered, float), log_factor)
    words = len(answered) + len(unanswered)
    left = np.append(probabilities.sum() - np.cumsum(probabilities), 0.0)[:-1]  # after each further answer
    wrong = float(probabilities.sum())
    share = wrong / words if words else 0.0
    target = next((target for target in TARGETS if target < share), 0.0)
    reached = np.flatnonzero(left <= target * words)
    return Outlook(wrong, share, target, int(reached[0]) + 1 if target and len(reached) else len(unanswered))


def _error_probabilities(confidences: np.ndarray, log_factor: float) -> np.ndarray:
    confidences = np.clip(confidences, _LOWEST, 1 - _LOWEST)
    return 1 / (1 + confidences / (1 - confidences) * np.exp(-log_factor))


def _estimate_log_factor(answered: Sequence[tuple[float, bool]]) -> float:
    """Return the maximum of the posterior, by bisection: its derivative falls with the factor."""
    confidences, errors = np.array([*answered], float).reshape(-1, 2).T
    low, high = -5.0, 5.0
    for _ in range(40):
        middle = (low + high) / 2
        slope = errors.sum() - _error_probabilities(confidences, middle).sum() - middle / _PRIOR_DEVIATION**2
        low, high = (middle, high) if slope > 0 else (low, middle)
    return (low + high) / 2
