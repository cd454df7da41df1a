"""From the network's logits to text: log-probabilities, and the text of the likeliest path."""

import numpy as np

from netchu.core.charset import BLANK, decode


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def greedy(logits: np.ndarray) -> str:
    """The text of the likeliest path through `logits`, `(frames, classes)`: best class a frame, repeats merged."""
    path = logits.argmax(axis=-1)
    starts = np.concatenate(([True], path[1:] != path[:-1])) if len(path) else np.zeros(0, bool)
    return decode(path[starts & (path != BLANK)].tolist())
