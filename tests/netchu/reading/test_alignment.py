"""Alignment against all paths, one by one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK
from netchu.reading.alignment import align, text_log_probabilities
from netchu.reading.decoding import log_softmax


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=3), st.integers(0, 10**6))
def test_alignment_is_the_likeliest_of_all_paths(classes, seed):
    frames = 5
    kept = [0, 1, 2, BLANK]
    logits = np.full((frames, BLANK + 1), -50.0)
    logits[:, kept] = np.random.default_rng(seed).normal(0, 2, (frames, 4))
    scores = log_softmax(logits)
    paths = [
        path
        for path in itertools.product(kept, repeat=frames)
        if [label for label, _ in itertools.groupby(path) if label != BLANK] == classes
    ]
    best = max(paths, key=lambda path: sum(scores[frame, label] for frame, label in enumerate(path)))
    runs, frame, expected = [(label, len(list(run))) for label, run in itertools.groupby(best)], 0, []
    for label, length in runs:
        if label != BLANK:
            expected.append((frame, frame + length))
        frame += length
    assert align(scores, classes) == expected


def test_no_classes_have_no_places():
    assert align(np.zeros((3, BLANK + 1)), []) == []


def test_a_long_text_has_a_place_for_each_character():
    classes = [number % 7 for number in range(150)]
    logits = np.full((400, BLANK + 1), -9.0)
    logits[:, BLANK] = 0
    logits[2 * np.arange(150) + 5, classes] = 9
    assert align(log_softmax(logits), classes) == [(2 * n + 5, 2 * n + 6) for n in range(150)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, 2]), max_size=4), min_size=1, max_size=4), st.integers(0, 10**6))
def test_a_text_is_as_likely_as_all_its_paths_together(texts, seed):
    frames, kept = 4, [0, 1, 2, BLANK]
    logits = np.full((frames, BLANK + 1), -np.inf)
    logits[:, kept] = np.random.default_rng(seed).normal(0, 2, (frames, 4))
    scores = log_softmax(logits)
    sums = [0.0] * len(texts)
    for path in itertools.product(kept, repeat=frames):
        spelt = [label for label, _ in itertools.groupby(path) if label != BLANK]
        for place, text in enumerate(texts):
            if spelt == text:
                sums[place] += math.exp(sum(scores[frame, label] for frame, label in enumerate(path)))
    expected = [math.log(value) if value else -math.inf for value in sums]
    assert text_log_probabilities(scores, texts) == pytest.approx(expected, abs=1e-6)


def test_a_long_line_neither_overflows_nor_underflows():
    """One path, whose probability is far below the smallest float."""
    scores = np.full((3000, BLANK + 1), -np.inf)
    scores[:, BLANK] = -2.0
    assert text_log_probabilities(scores, [[]]) == pytest.approx([-6000])
