"""CTC paths of a known text: the most likely one (Viterbi), and the sums over all of them (forward-backward)."""

from collections.abc import Sequence

import numpy as np

from netchu.core.charset import BLANK


def force_align(log_probabilities: np.ndarray, classes: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first frame of each of `classes` and the frame after its last, on the most likely CTC path (Viterbi).

    Args:
        log_probabilities: `(frames, classes)`, the blank last; at least as many frames as the text needs.
    """
    if not len(classes):
        return []
    states, can_skip = path_states(classes)
    emitted = log_probabilities[:, states]
    score = np.full(len(states), -np.inf)
    score[:2] = emitted[0, :2]
    steps = np.zeros(emitted.shape, np.int8)  # how many states the best path moved to get here
    candidates = np.full((3, len(states)), -np.inf)
    for frame in range(1, len(emitted)):
        candidates[0] = score
        candidates[1, 1:] = score[:-1]
        candidates[2, 2:] = np.where(can_skip[2:], score[:-2], -np.inf)
        steps[frame] = candidates.argmax(axis=0)
        score = candidates.max(axis=0) + emitted[frame]
    state = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
    path = np.empty(len(emitted), np.int64)
    for frame in range(len(emitted) - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    characters = np.arange(1, len(states), 2)
    starts, ends = (np.searchsorted(path, characters, side) for side in ("left", "right"))
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def forward_variables(log_probabilities: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """Return the log-probability of all paths up to each frame that end in each state, `(frames + 1, states)`.

    Row 0 is before the first frame, where every path is in the first blank (Graves et al. 2006, forward variables).

    Args:
        log_probabilities: `(frames, classes)`, the blank last.
        classes: the text's classes; its states are those of `path_states`.
    """
    states, can_skip = path_states(classes)
    result = np.full((len(log_probabilities) + 1, len(states)), -np.inf)
    result[0, 0] = 0
    for frame, emitted in enumerate(log_probabilities[:, states]):
        before, after = result[frame], result[frame + 1]
        after[:] = before
        after[1:] = np.logaddexp(after[1:], before[:-1])
        after[2:] = np.where(can_skip[2:], np.logaddexp(after[2:], before[:-2]), after[2:])
        after += emitted
    return result


def backward_variables(log_probabilities: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """Return the log-probability of all paths from each frame on that begin in each state, `(frames + 1, states)`.

    The last row is after the last frame, where every path is in the last blank.
    """
    return forward_variables(log_probabilities[::-1], classes[::-1])[::-1, ::-1]


def path_states(classes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the class of each state of a text's CTC paths, and True for each state whose preceding blank is optional.

    Both arrays have 2 * len(classes) + 1 elements: blanks alternate with the characters. The blank between two
    characters is optional if they differ.
    """
    states = np.full(2 * len(classes) + 1, BLANK)
    states[1::2] = classes
    can_skip = np.zeros(len(states), bool)
    can_skip[3::2] = states[3::2] != states[1:-2:2]
    return states, can_skip
