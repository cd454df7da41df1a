"""Confidence against the sum over all paths, and on lines whose answer is plain."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.confidence import align, text_probability, word_probabilities
from netchu.core.charset import BLANK, encode
from netchu.decoding import log_softmax

CLASSES = [BLANK, *encode("ab ")]


def random_logits(seed: int, frames: int) -> np.ndarray:
    logits = np.full((frames, BLANK + 1), -80.0)
    logits[:, CLASSES] = np.random.default_rng(seed).normal(0, 1.5, (frames, len(CLASSES)))
    return logits


def paths(frames: int, text: str) -> list[tuple[int, ...]]:
    """All paths over CLASSES that spell `text`."""
    return [
        path
        for path in itertools.product(CLASSES, repeat=frames)
        if [label for label, _ in itertools.groupby(path) if label != BLANK] == encode(text)
    ]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 5), st.text("ab ", max_size=4))
def test_text_probability_sums_over_all_paths(seed, frames, text):
    log_probabilities = log_softmax(random_logits(seed, frames))
    expected = sum(np.exp(sum(log_probabilities[range(frames), path])) for path in paths(frames, text))
    assert text_probability(log_probabilities, encode(text)) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 5), st.text("ab ", min_size=1, max_size=4))
def test_alignment_is_that_of_the_likeliest_path(seed, frames, text):
    log_probabilities = log_softmax(random_logits(seed, frames))
    spelling = paths(frames, text)
    if not spelling:
        with pytest.raises(ValueError, match="cannot spell"):
            align(log_probabilities, encode(text))
        return
    best = max(spelling, key=lambda path: sum(log_probabilities[range(frames), path]))
    expected, start = [], 0
    for label, run in itertools.groupby(best):
        end = start + len(list(run))
        if label != BLANK:
            expected.append((start, end))
        start = end
    assert align(log_probabilities, encode(text)) == expected


def test_word_probabilities_are_of_each_word_alone():
    a, b, space = encode("ab ")
    logits = np.full((5, BLANK + 1), -80.0)
    logits[0, [a, b]] = np.log([0.7, 0.3])
    logits[1, space] = 0
    logits[2, [a, BLANK]] = np.log([0.5, 0.5])
    logits[3, [b, a]] = np.log([0.9, 0.1])
    logits[4, BLANK] = 0
    assert word_probabilities(logits, "a ab") == pytest.approx([0.7, 0.5 * 0.9])
    assert word_probabilities(logits, "b b") == pytest.approx([0.3, 0.5 * 0.9])


def test_edges():
    logits = random_logits(0, 3)
    assert word_probabilities(logits, "") == []
    assert word_probabilities(logits, "a b a") == [0.0, 0.0, 0.0]
    assert word_probabilities(logits[:0], "a") == [0.0]
    assert align(log_softmax(logits), []) == []
