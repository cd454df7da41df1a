"""Alignments and CTC sums compared with an enumeration of all paths."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK
from netchu.reading.alignment import (
    backward_variables,
    force_align,
    forward_variables,
    path_states,
)
from netchu.reading.decoding import log_softmax


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=3), st.integers(0, 10**6))
def test_finds_most_likely_of_all_paths(classes, seed):
    frames = 5
    possible = [0, 1, 2, BLANK]
    logits = np.full((frames, BLANK + 1), -50.0)
    logits[:, possible] = np.random.default_rng(seed).normal(0, 2, (frames, 4))
    scores = log_softmax(logits)
    paths = [
        path
        for path in itertools.product(possible, repeat=frames)
        if [label for label, _ in itertools.groupby(path) if label != BLANK] == classes
    ]
    best = max(paths, key=lambda path: sum(scores[frame, label] for frame, label in enumerate(path)))
    runs, frame, expected = [(label, len(list(run))) for label, run in itertools.groupby(best)], 0, []
    for label, length in runs:
        if label != BLANK:
            expected.append((frame, frame + length))
        frame += length
    assert force_align(scores, classes) == expected


def test_aligns_empty_text():
    assert force_align(np.zeros((3, BLANK + 1)), []) == []


def test_aligns_long_text():
    classes = [number % 7 for number in range(150)]
    logits = np.full((400, BLANK + 1), -9.0)
    logits[:, BLANK] = 0
    logits[2 * np.arange(150) + 5, classes] = 9
    assert force_align(log_softmax(logits), classes) == [(2 * n + 5, 2 * n + 6) for n in range(150)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2]), max_size=3), st.integers(0, 10**6))
def test_forward_and_backward_variables_equal_sums_over_all_paths(text, seed):
    frames, possible = 4, [0, 1, 2, BLANK]
    logits = np.full((frames, BLANK + 1), -np.inf)
    logits[:, possible] = np.random.default_rng(seed).normal(0, 2, (frames, 4))
    scores = log_softmax(logits)
    total = 0.0
    for path in itertools.product(possible, repeat=frames):
        if [label for label, _ in itertools.groupby(path) if label != BLANK] == text:
            total += math.exp(sum(scores[frame, label] for frame, label in enumerate(path)))
    forward, backward = forward_variables(scores, text), backward_variables(scores, text)
    assert np.exp(forward[-1, -2:]).sum() == pytest.approx(total, abs=1e-9)
    # At every boundary between two frames, sum over the states before and after it.
    for frame in range(1, frames):
        states, can_skip = path_states(text)
        through = 0.0
        for state in range(len(states)):
            for following in range(state, min(state + 3, len(states))):
                if following - state < 2 or can_skip[following]:
                    emitted = scores[frame, states[following]]
                    rest = backward_from(scores, text, frame + 1, following)
                    through += math.exp(forward[frame, state] + emitted + rest)
        assert through == pytest.approx(total, abs=1e-9)
    assert backward.shape == forward.shape == (frames + 1, 2 * len(text) + 1)
    assert np.exp(backward[0, :2]).sum() == pytest.approx(total, abs=1e-9)


def backward_from(scores: np.ndarray, text: list[int], frame: int, state: int) -> float:
    """Return the log-probability of the frames from `frame` on, after `state`, by recursion over the definition."""
    states, can_skip = path_states(text)
    if frame == len(scores):
        return 0.0 if state >= len(states) - 2 else -math.inf
    sums = [
        scores[frame, states[following]] + backward_from(scores, text, frame + 1, following)
        for following in range(state, min(state + 3, len(states)))
        if following - state < 2 or can_skip[following]
    ]
    return float(np.logaddexp.reduce(sums))


def test_avoids_overflow_and_underflow():
    """The only path is far less likely than the smallest float."""
    scores = np.full((3000, BLANK + 1), -np.inf)
    scores[:, BLANK] = -2.0
    assert forward_variables(scores, [])[-1] == pytest.approx([-6000])
