"""Basics of CTC decoding: log-probabilities, and the text of the most likely path."""

import numpy as np

from netchu.core.charset import BLANK, decode


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return log-probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def decode_best_path(logits: np.ndarray) -> str:
    """Return the text of the most likely path through `logits`, `(frames, classes)`.

    Takes the best class of each frame, merges repeats and removes blanks.
    """
    path = logits.argmax(axis=-1)
    starts = np.concatenate(([True], path[1:] != path[:-1])) if len(path) else np.zeros(0, bool)
    return decode(path[starts & (path != BLANK)].tolist())
