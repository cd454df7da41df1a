"""Where in a line each character stands: the likeliest path of the network's frames through a known text."""

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


def path_states(classes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The class of each state of a text's CTC paths, blanks included, and whether two states before may lead there."""
    states = np.full(2 * len(classes) + 1, BLANK)
    states[1::2] = classes
    # A path may step over the blank between two characters that differ.
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    return states, skips
