"""How sure the network is of a text that was read, as a whole and word by word."""

import numpy as np

from netchu.core.charset import BLANK, encode
from netchu.decoding import log_softmax
from netchu.line_reading import LineReading, WordReading, read_words  # noqa: F401  until stages.evaluate imports these there


def text_probability(log_probabilities: np.ndarray, classes: list[int]) -> float:
    """Probability that all `log_probabilities`, `(frames, classes)`, spell `classes`: the sum over all paths.

    The forward recursion of CTC (Graves et al. 2006).
    """
    return float(np.exp(np.logaddexp.reduce(_forward(log_probabilities, classes, np.logaddexp)[-1, -2:])))


def align(log_probabilities: np.ndarray, classes: list[int]) -> list[tuple[int, int]]:
    """First frame of each character, and the one after its last, on the likeliest path that spells `classes`.

    Raises ValueError where the frames are too few to spell them.
    """
    best = _forward(log_probabilities, classes, np.maximum)
    state = 2 * len(classes) - int(len(classes) > 0 and best[-1, -2] > best[-1, -1])
    if best[-1, state] == -np.inf:
        raise ValueError(f"{len(log_probabilities)} frames cannot spell {len(classes)} characters")
    skips, spans = _skips(classes), [(0, 0)] * len(classes)
    for frame in reversed(range(len(log_probabilities))):
        if state % 2:
            spans[state // 2] = (frame, max(frame + 1, spans[state // 2][1]))
        before = best[frame, [state, max(state - 1, 0), state - 2 if skips[state] else state]]
        state -= int(np.argmax(before))
    return spans


def word_probabilities(logits: np.ndarray, text: str) -> list[float]:
    """For each word of `text`, the probability that its stretch of `logits`, `(frames, classes)`, spells just that.

    The stretch is what lies between the spaces beside it, where the likeliest path that spells `text` has them. The
    product of the words' probabilities is not the line's: that is `text_probability`. All are 0 where the frames are
    too few to spell the text.
    """
    log_probabilities, classes = log_softmax(logits.astype(np.float64)), encode(text)
    try:
        spans = align(log_probabilities, classes)
    except ValueError:
        return [0.0] * len(text.split())
    spaces = [span for span, character in zip(spans, text, strict=True) if character == " "]
    starts, ends = [0, *(end for _, end in spaces)], [*(start for start, _ in spaces), len(logits)]
    return [
        text_probability(log_probabilities[start:end], encode(word))
        for word, start, end in zip(text.split(" "), starts, ends, strict=True)
        if word
    ]


def _skips(classes: list[int]) -> np.ndarray:
    """Which states may follow the last but one: a character that differs from the one before."""
    skips = np.zeros(2 * len(classes) + 1, bool)
    skips[3::2] = np.diff(classes) != 0
    return skips


def _forward(log_probabilities: np.ndarray, classes: list[int], combine: np.ufunc) -> np.ndarray:
    """Log-scores of the paths that are in each state before the first frame and after every one, combined.

    Of shape `(frames + 1, 2 * characters + 1)`; the states are blanks and characters in turns.
    """
    states = np.full(2 * len(classes) + 1, BLANK)
    states[1::2] = classes
    skips = _skips(classes)[2:]
    scores = np.full((len(log_probabilities) + 1, len(states)), -np.inf)
    scores[0, 0] = 0
    for before, after, row in zip(scores[:-1], scores[1:], log_probabilities[:, states], strict=True):
        after[:] = before
        combine(after[1:], before[:-1], out=after[1:])
        combine(after[2:], before[:-2], out=after[2:], where=skips)
        after += row
    return scores
