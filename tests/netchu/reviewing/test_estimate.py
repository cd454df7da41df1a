"""Tests of the estimate of errors, among them an afternoon's review by a simulated person."""

import math

import numpy as np
import pytest

from netchu.reviewing.estimate import TARGETS, estimate_outlook
from netchu.reviewing.words import ReadWord, WordPosition, sort_by_doubt

LINES, WORDS = 300, 8
"""Number of lines of the simulated batch, and of words in each."""

MISCALIBRATIONS = {"calibrated": 0.0, "too sure": 0.3, "too modest": -0.3}
"""Logarithms of the factor by which the odds of an error differ from those that the confidence tells."""


FEWEST = 20
"""Number of errors left below which chance alone varies their number by more than the factor of 1.5."""


def simulate_batch(seed: int, log_factor: float) -> tuple[list[ReadWord], dict[WordPosition, bool]]:
    """Return words whose confidences resemble a reader's that has 97 % right words, and which of them are wrong."""
    rng = np.random.default_rng(seed)
    words, wrong = [], {}
    for line in range(LINES):
        for number in range(WORDS):
            doubt = rng.beta(0.12, 3.2)
            position = WordPosition("batch", 1, line, number)
            words.append(ReadWord(position, "a", 1 - doubt))
            odds = doubt / (1 - doubt) * np.exp(log_factor)
            wrong[position] = rng.random() < odds / (1 + odds)
    return words, wrong


def count_looks_to_half(words: list[ReadWord], wrong: dict[WordPosition, bool]) -> int:
    """Return the number of words, in this order, that contain half of the errors."""
    found = np.cumsum([wrong[word.position] for word in words])
    return int(np.flatnonzero(found >= found[-1] / 2)[0]) + 1


@pytest.mark.parametrize("log_factor", MISCALIBRATIONS.values(), ids=MISCALIBRATIONS)
def test_tells_errors_left_within_factor_and_saves_looks(log_factor):
    words, wrong = simulate_batch(0, log_factor)
    order = sort_by_doubt(words)
    assert count_looks_to_half(order, wrong) < 0.7 * count_looks_to_half(words, wrong)
    answered, ratios = [], []
    for look, word in enumerate(order):
        left = sum(wrong[word.position] for word in order[look:])
        if left < FEWEST:
            break
        if look % 10 == 0:
            outlook = estimate_outlook(answered, [word.confidence for word in order[look:]])
            ratios.append(outlook.wrong / left)
        answered.append((word.confidence, wrong[word.position]))
    assert len(ratios) >= 20
    assert all(1 / 1.5 < ratio < 1.5 for ratio in ratios)


@pytest.mark.parametrize("log_factor", MISCALIBRATIONS.values(), ids=MISCALIBRATIONS)
def test_is_right_on_average_and_rarely_far_off(log_factor):
    """The errors left after 100 answers, in 20 batches."""
    told, real = [], []
    for seed in range(20):
        words, wrong = simulate_batch(seed, log_factor)
        order = sort_by_doubt(words)
        answered = [(word.confidence, wrong[word.position]) for word in order[:100]]
        told.append(estimate_outlook(answered, [word.confidence for word in order[100:]]).wrong)
        real.append(sum(wrong[word.position] for word in order[100:]))
    assert sum(told) == pytest.approx(sum(real), rel=0.15)
    ratios = np.divide(told, real)
    assert np.mean((ratios > 1 / 1.5) & (ratios < 1.5)) >= 0.85


def test_learns_from_answers():
    unanswered = [0.99] * 1000
    assert estimate_outlook([], unanswered).wrong == pytest.approx(10)
    assert estimate_outlook([(0.5, True)] * 30, unanswered).wrong > 20
    assert estimate_outlook([(0.5, False)] * 30, unanswered).wrong < 5
    few = estimate_outlook([(0.5, True)], unanswered).wrong
    assert 10 < few < 13
    as_expected = [(0.5, True)] * 15 + [(0.5, False)] * 15
    assert estimate_outlook(as_expected, unanswered).wrong == pytest.approx(10)


def test_counts_answers_to_next_target():
    """Of 1000 words, 2 + 8 are expected to be wrong: a share of 0.01. The next target allows 3 wrong words."""
    outlook = estimate_outlook([], [0.6] * 5 + [1 - 8 / 995] * 995)
    assert outlook.wrong == pytest.approx(10) and outlook.share == pytest.approx(0.01)
    assert outlook.target == 0.003
    assert outlook.answers == 5 + math.ceil(5 / (8 / 995))


def test_aims_at_targets_in_order():
    confidences = sorted(np.random.default_rng(1).beta(3, 0.1, 2000))
    targets, position = [], 0
    while position < len(confidences):
        outlook = estimate_outlook([], confidences[position:])
        targets.append(outlook.target)
        position += max(outlook.answers, 1)
    assert targets == sorted(targets, reverse=True) and set(targets) <= {*TARGETS, 0.0}


def test_ends_without_words():
    assert estimate_outlook([], []) == (0.0, 0.0, 0.0, 0)
    assert estimate_outlook([(0.5, True), (0.9, False)], []) == (0.0, 0.0, 0.0, 0)


def test_considers_no_word_certain():
    assert 0 < estimate_outlook([], [1.0] * 1000).wrong < 1
    assert estimate_outlook([(1.0, True)], [0.0]).wrong == pytest.approx(1, abs=0.01)
