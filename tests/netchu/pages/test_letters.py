"""Letters: against the sum over all paths, one by one, and a hand-made case."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK
from netchu.pages.letters import _log_weights, read_letters
from netchu.reading.decoding import greedy, log_softmax
from tests.netchu.reading.test_line_reading import logits, sure


def test_a_rival_is_named_with_its_probability():
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.6, "ă": 0.3, "â": 0.1}
    first, second = read_letters(logits(frames), "an")
    # Two frames of one letter; or one letter on one frame, a blank (1e-9) or nothing on the other.
    weights = {"a": 0.6**2, "ă": 0.3**2, "â": 0.1**2}
    expected = {letter: weight / sum(weights.values()) for letter, weight in weights.items()}
    assert first.text == "a" and first.probability == pytest.approx(expected["a"], abs=1e-6)
    assert [letter for letter, _ in first.alternatives] == ["ă", "â"]
    assert dict(first.alternatives) == pytest.approx({"ă": expected["ă"], "â": expected["â"]}, abs=1e-6)
    assert (second.text, second.alternatives) == ("n", ())
    assert second.probability == pytest.approx(1, abs=1e-6)


def test_a_letter_that_may_be_none():
    (_, second, _) = read_letters(logits([{"a": 1}, {}, {"i": 0.7}, {}, {"n": 1}]), "ain")
    assert second.probability == pytest.approx(0.7, abs=1e-6)
    assert dict(second.alternatives) == pytest.approx({"": 0.3}, abs=1e-6)


def test_a_text_that_a_language_model_chose_shows_what_the_network_preferred():
    frames = sure("an")
    frames[0] = {"a": 0.7, "ă": 0.3}
    frames[1] = {}
    first, _ = read_letters(logits(frames), "ăn")
    assert first.probability == pytest.approx(0.3, abs=1e-6)
    assert first.alternatives[0] == ("a", pytest.approx(0.7, abs=1e-6))


def all_texts(likelihoods: np.ndarray) -> dict[tuple[int, ...], float]:
    """The probability of every text, summed path by path."""
    texts = defaultdict(float)
    for path in itertools.product(range(likelihoods.shape[1]), repeat=len(likelihoods)):
        text = tuple(label for label, _ in itertools.groupby(path) if label != likelihoods.shape[1] - 1)
        texts[text] += np.exp(likelihoods[np.arange(len(path)), path].sum())
    return texts


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 2), min_size=1, max_size=3))
def test_weights_are_the_sums_over_all_paths(seed, text):
    """Of three characters and the blank, the other classes impossible."""
    rng = np.random.default_rng(seed)
    small = log_softmax(rng.normal(0, 2, (6, 4)))
    likelihoods = np.full((6, BLANK + 1), -np.inf)
    likelihoods[:, [0, 1, 2, BLANK]] = small
    expected = all_texts(small)
    weights = np.exp(_log_weights(likelihoods, np.array(text)))
    for place in range(len(text)):
        for character in range(3):
            other = (*text[:place], character, *text[place + 1 :])
            assert weights[place, character] == pytest.approx(expected[other], rel=1e-9)
        assert weights[place, BLANK] == pytest.approx(expected[(*text[:place], *text[place + 1 :])], rel=1e-9)
    assert not weights[:, 3:BLANK].any()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.1, 30))
def test_any_line_has_probabilities(seed, frames, contrast):
    values = (contrast * np.random.default_rng(seed).normal(0, 1, (frames, BLANK + 1))).astype(np.float32)
    text = greedy(values)
    letters = read_letters(values, text)
    assert "".join(letter.text for letter in letters) == text
    for letter in letters:
        others = [probability for _, probability in letter.alternatives]
        assert 0 <= letter.probability <= 1 and others == sorted(others, reverse=True)
        assert sum(others) + letter.probability <= 1 + 1e-9
        assert letter.text not in dict(letter.alternatives)


def test_a_text_that_is_nowhere_in_the_line_has_probabilities_too():
    values = (8 * np.random.default_rng(0).normal(0, 1, (250, BLANK + 1))).astype(np.float32)
    letters = read_letters(values, greedy(values)[:60])
    assert all(0 <= letter.probability <= 1 for letter in letters)


def test_the_longest_text_that_fits_and_none():
    values = np.zeros((5, BLANK + 1), np.float32)
    assert [letter.text for letter in read_letters(values, "abcde")] == list("abcde")
    assert [letter.text for letter in read_letters(values, "aab")] == list("aab")
    assert read_letters(values, "") == ()
