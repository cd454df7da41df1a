"""Probabilities of letters compared with sums over all paths, and with cases computed by hand."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK
from netchu.reading.decoding import decode_best_path, log_softmax
from netchu.reading.letters import _substitution_log_probabilities, read_letters
from tests.netchu.reading.test_line_reading import logits, sure


def test_lists_rivals_with_their_probabilities():
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.6, "ă": 0.3, "â": 0.1}
    first, second = read_letters(logits(frames), "an")
    # Each letter fills both frames; a blank in one of them has probability 1e-9.
    weights = {"a": 0.6**2, "ă": 0.3**2, "â": 0.1**2}
    expected = {letter: weight / sum(weights.values()) for letter, weight in weights.items()}
    assert first.text == "a" and first.probability == pytest.approx(expected["a"], abs=1e-6)
    assert [letter for letter, _ in first.alternatives] == ["ă", "â"]
    assert dict(first.alternatives) == pytest.approx({"ă": expected["ă"], "â": expected["â"]}, abs=1e-6)
    assert (second.text, second.alternatives) == ("n", ())
    assert second.probability == pytest.approx(1, abs=1e-6)


def test_lists_omission_as_alternative():
    (_, second, _) = read_letters(logits([{"a": 1}, {}, {"i": 0.7}, {}, {"n": 1}]), "ain")
    assert second.probability == pytest.approx(0.7, abs=1e-6)
    assert dict(second.alternatives) == pytest.approx({"": 0.3}, abs=1e-6)


def test_lists_letter_that_the_network_preferred():
    frames = sure("an")
    frames[0] = {"a": 0.7, "ă": 0.3}
    frames[1] = {}
    first, _ = read_letters(logits(frames), "ăn")
    assert first.probability == pytest.approx(0.3, abs=1e-6)
    assert first.alternatives[0] == ("a", pytest.approx(0.7, abs=1e-6))


def all_texts(log_probabilities: np.ndarray) -> dict[tuple[int, ...], float]:
    """Return the probability of every text, summed path by path."""
    texts = defaultdict(float)
    for path in itertools.product(range(log_probabilities.shape[1]), repeat=len(log_probabilities)):
        text = tuple(label for label, _ in itertools.groupby(path) if label != log_probabilities.shape[1] - 1)
        texts[text] += np.exp(log_probabilities[np.arange(len(path)), path].sum())
    return texts


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_equals_sum_over_all_paths(seed, text):
    """Three characters and the blank are possible, all other classes are not."""
    rng = np.random.default_rng(seed)
    small = log_softmax(rng.normal(0, 2, (6, 4)))
    log_probabilities = np.full((6, BLANK + 1), -np.inf)
    log_probabilities[:, [0, 1, 2, BLANK]] = small
    expected = all_texts(small)
    weights = np.exp(_substitution_log_probabilities(log_probabilities, np.array(text)))
    for position in range(len(text)):
        for character in range(3):
            changed = (*text[:position], character, *text[position + 1 :])
            assert weights[position, character] == pytest.approx(expected[changed], rel=1e-9)
        shorter = (*text[:position], *text[position + 1 :])
        assert weights[position, BLANK] == pytest.approx(expected[shorter], rel=1e-9)
    assert not weights[:, 3:BLANK].any()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.1, 30))
def test_probabilities_are_valid_for_any_logits(seed, frames, contrast):
    values = (contrast * np.random.default_rng(seed).normal(0, 1, (frames, BLANK + 1))).astype(np.float32)
    text = decode_best_path(values)
    letters = read_letters(values, text)
    assert "".join(letter.text for letter in letters) == text
    for letter in letters:
        alternatives = [probability for _, probability in letter.alternatives]
        assert 0 <= letter.probability <= 1 and alternatives == sorted(alternatives, reverse=True)
        assert sum(alternatives) + letter.probability <= 1 + 1e-9
        assert letter.text not in dict(letter.alternatives)


def test_probabilities_are_valid_for_impossible_text():
    values = (8 * np.random.default_rng(0).normal(0, 1, (250, BLANK + 1))).astype(np.float32)
    letters = read_letters(values, decode_best_path(values)[:60])
    assert all(0 <= letter.probability <= 1 for letter in letters)


def test_accepts_longest_and_empty_text():
    values = np.zeros((5, BLANK + 1), np.float32)
    assert [letter.text for letter in read_letters(values, "abcde")] == list("abcde")
    assert [letter.text for letter in read_letters(values, "aab")] == list("aab")
    assert read_letters(values, "") == ()
