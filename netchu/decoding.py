"""From the network's logits to text: greedy and prefix beam search."""

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


def beam(logits: np.ndarray, width: int) -> str:
    """The likeliest text found by prefix beam search over `logits`, `(frames, classes)`, `width` prefixes a frame.

    A text's probability is the sum over all paths that spell it (Hannun et al. 2014, without a language model).
    Exact where `width` is at least the number of prefixes.
    """
    frames = log_softmax(logits.astype(np.float64))
    # prefix -> (log-probability of its paths ending in a blank, of those ending in its last character)
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -np.inf)}
    for frame in frames:
        # Classes below the `width` best of a frame cannot lead more than `width` prefixes.
        classes = np.argpartition(-frame, min(width, len(frame) - 1))[: width + 1]
        following: dict[tuple[int, ...], tuple[float, float]] = {}

        def add(prefix, blank, character, following=following):
            before = following.get(prefix, (-np.inf, -np.inf))
            following[prefix] = (np.logaddexp(before[0], blank), np.logaddexp(before[1], character))

        for prefix, (ends_blank, ends_character) in prefixes.items():
            total = np.logaddexp(ends_blank, ends_character)
            add(prefix, total + frame[BLANK], -np.inf)
            if prefix:
                add(prefix, -np.inf, ends_character + frame[prefix[-1]])
            for index in classes:
                if index == BLANK:
                    continue
                repeats = bool(prefix) and index == prefix[-1]
                add((*prefix, int(index)), -np.inf, (ends_blank if repeats else total) + frame[index])
        best = sorted(following, key=lambda prefix: (-np.logaddexp(*following[prefix]), prefix))[:width]
        prefixes = {prefix: following[prefix] for prefix in best}
    return decode(list(max(prefixes, key=lambda prefix: np.logaddexp(*prefixes[prefix]))))
