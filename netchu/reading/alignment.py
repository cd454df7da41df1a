"""What the network's frames say of a known text: where in the line its characters stand, and how likely it is."""

from collections.abc import Sequence

import numpy as np

from netchu.core.charset import BLANK


def align(log_probabilities: np.ndarray, classes: list[int]) -> list[tuple[int, int]]:
    """First frame of each of `classes`, and the one after its last, on the likeliest CTC path of them (Viterbi).

    Args:
        log_probabilities: `(frames, classes)`, the blank last; there are at least as many frames as the text needs.
    """
    if not classes:
        return []
    states, skips = path_states(classes)
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
        state -= int(steps[frame, state])
    places = np.arange(1, len(states), 2)
    starts, ends = (np.searchsorted(path, places, side) for side in ("left", "right"))
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def text_log_probabilities(log_probabilities: np.ndarray, texts: Sequence[Sequence[int]]) -> np.ndarray:
    """Log-probability of each text, `(texts,)`, summed over all its CTC paths (Graves et al. 2006, forward pass).

    Args:
        log_probabilities: `(frames, classes)`, the blank last.
        texts: their classes; a text that needs more frames than there are has -inf.
    """
    length = 2 * max(map(len, texts)) + 1
    states, skips = np.full((len(texts), length), BLANK), np.zeros((len(texts), length))
    for row, text in enumerate(texts):
        states[row, : 2 * len(text) + 1], skips[row, : 2 * len(text) + 1] = path_states(text)
    emitted = np.exp(log_probabilities.astype(np.float64))[:, states]
    reached = np.zeros((len(texts), length + 2))  # two columns before the first state, from which no path comes
    reached[:, 2:4] = emitted[0, :, :2]
    total = np.zeros(len(texts))
    for frame in emitted[1:]:
        scale = np.maximum(reached.max(axis=1), np.finfo(np.float64).tiny)  # so that nothing gets too small
        total += np.log(scale)
        moved = reached[:, 2:] + reached[:, 1:-1] + reached[:, :-2] * skips
        reached[:, 2:] = moved * frame / scale[:, None]
    ends = 2 * np.array([len(text) for text in texts])[:, None]  # the last character, and the blank after it
    with np.errstate(divide="ignore"):
        return total + np.log(np.take_along_axis(reached, np.hstack([ends + 1, ends + 2]), axis=1).sum(axis=1))


def path_states(classes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The class of each state of a text's CTC paths, blanks included, and whether two states before may lead there."""
    states = np.full(2 * len(classes) + 1, BLANK)
    states[1::2] = classes
    # A path may step over the blank between two characters that differ.
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    return states, skips
