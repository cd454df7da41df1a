"""Calibration compared with scikit-learn, with its definition, and with cases computed by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from netchu.evaluation.calibration import (
    BINS,
    expected_calibration_error,
    fit_calibration,
    mark_correct_words,
    reliability,
)


@pytest.mark.parametrize(
    ("reference", "prediction", "expected"),
    [
        ("a b c", "a b c", [1, 1, 1]),
        ("a b c", "a x c", [1, 0, 1]),
        ("a b c", "a c", [1, 1]),
        ("a c", "a b c", [1, 0, 1]),
        ("a b", "b a x", [0, 1, 0]),
        ("Hà Nội", "Ha Nội", [0, 1]),
        ("", "a b", [0, 0]),
        ("a b", "", []),
        ("", "", []),
    ],
)
def test_marks_correct_words(reference, prediction, expected):
    correct = mark_correct_words(reference, prediction)
    assert len(correct) == len(expected)
    assert sum(correct) == sum(expected)
    if (reference, prediction) != ("a b", "b a x"):  # either word may be the aligned one
        assert correct == [bool(word) for word in expected]


def test_has_no_error_when_confidence_equals_accuracy():
    rows = reliability([0.75] * 4 + [1.0, 1.0], [True, True, True, False, True, True])
    assert rows == [
        {"confidence": 0.75, "accuracy": 0.75, "words": 4},
        {"confidence": 1.0, "accuracy": 1.0, "words": 2},
    ]
    assert expected_calibration_error(rows) == 0


def test_computes_expected_error():
    """Three words at 0.9, one of them correct, and a correct one at 0.1: (3 * |0.9 - 1/3| + |0.1 - 1|) / 4."""
    error = expected_calibration_error(reliability([0.9, 0.9, 0.9, 0.1], [True, False, False, True]))
    assert error == pytest.approx((3 * (0.9 - 1 / 3) + 0.9) / 4, abs=1e-4)


def test_accepts_no_words():
    assert reliability([], []) == []
    assert expected_calibration_error([]) == 0


@given(st.lists(st.tuples(st.floats(0.0005, 1), st.booleans()), min_size=1, max_size=50))
def test_bins_match_scikit_learn(words):
    # Without values on a border, which scikit-learn puts into the lower bin.
    words = [(confidence, correct) for confidence, correct in words if (confidence * BINS) % 1]
    assume(words)
    confidence, correct = map(np.array, zip(*words, strict=True))
    accuracy, mean = calibration_curve(correct, confidence, n_bins=BINS)
    rows = reliability(confidence, correct)
    assert [row["accuracy"] for row in rows] == pytest.approx(accuracy, abs=1e-4)
    assert [row["confidence"] for row in rows] == pytest.approx(mean, abs=1e-4)
    assert sum(row["words"] for row in rows) == len(words)


@pytest.mark.parametrize(
    ("words", "knots"),
    [
        ([], [[0, 1], [0, 1]]),  # identity
        ([(0.7, True)], [[0.7], [1]]),
        ([(0.7, False)], [[0.7], [0]]),
        ([(0.7, True), (0.7, False)], [[0.7], [0.5]]),
        ([(0.2, True), (0.9, True), (0.5, True)], [[0.2, 0.9], [1, 1]]),
        ([(0.2, False), (0.9, False), (0.5, False)], [[0.2, 0.9], [0, 0]]),
        ([(0.9, True), (0.1, False)], [[0.1, 0.9], [0, 1]]),
        ([(0.1, True), (0.9, False)], [[0.1, 0.9], [0.5, 0.5]]),  # falling: pooled
        # 0.3 and 0.5 are pooled: 1/3 of three words. 0.7 has a higher share.
        (
            [(0.2, False), (0.3, True), (0.5, False), (0.5, False), (0.7, True), (0.7, False), (0.8, True)],
            [[0.2, 0.3, 0.5, 0.7, 0.8], [0, 0.3333, 0.3333, 0.5, 1]],
        ),
    ],
)
def test_fits_hand_computed_knots(words, knots):
    assert fit_calibration([confidence for confidence, _ in words], [correct for _, correct in words]) == knots


def isotonic(words: list[tuple[float, bool]]) -> dict[float, float]:
    """Return the least-squares rising function at each confidence, by the max-min formula (Robertson et al., 1988)."""
    levels = sorted({confidence for confidence, _ in words})
    of_level = [[correct for confidence, correct in words if confidence == level] for level in levels]

    def mean(first: int, last: int) -> float:
        return float(np.mean(list(itertools.chain.from_iterable(of_level[first : last + 1]))))

    count = len(levels)
    return {
        levels[n]: max(min(mean(first, last) for last in range(n, count)) for first in range(n + 1))
        for n in range(count)
    }


WORDS = st.lists(st.tuples(st.integers(0, 20).map(lambda n: n / 20), st.booleans()), min_size=1, max_size=40)


@settings(deadline=None)
@given(WORDS)
def test_fits_best_rising_function(words):
    confidence, correct = map(list, zip(*words, strict=True))
    knots = np.array(fit_calibration(confidence, correct))
    for level, expected in isotonic(words).items():
        assert np.interp(level, *knots) == pytest.approx(expected, abs=1e-4)
    assert np.interp(confidence, *knots).mean() == pytest.approx(np.mean(correct), abs=1e-4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_fit_rises_within_0_and_1(words):
    knots = np.array(fit_calibration(*map(list, zip(*words, strict=True))))
    assert ((knots >= 0) & (knots <= 1)).all() and (np.diff(knots) >= 0).all()


def test_counts_words_by_their_weight():
    confidence, correct = [0.2, 0.4, 0.4], [True, False, True]
    assert fit_calibration(confidence, correct, weight=[1, 3, 1]) == [[0.2, 0.4], [0.4, 0.4]]


def test_predicts_the_share_of_correct_words_together_with_the_probability_of_writing():
    """Of words in doubtful lines fewer are right. Alone, the confidence must be higher than that share."""
    confidence, correct, writing = [0.5] * 4 + [0.9] * 4, [True, False, False, False] * 2, [0.5] * 8
    knots = fit_calibration(confidence, correct, writing)
    assert knots == [[0.5, 0.9], [0.5, 0.5]]


@settings(deadline=None)
@given(WORDS, st.lists(st.tuples(st.floats(0.1, 1), st.floats(0.1, 3)), min_size=40, max_size=40))
def test_fits_best_rising_function_with_weights_and_writing(words, factors):
    """No small change of one value, within the order and 0 to 1, makes the squared error smaller."""
    confidence, correct = map(np.array, zip(*words, strict=True))
    writing, weight = np.array(factors[: len(words)]).T
    knots = np.array(fit_calibration(confidence.tolist(), correct.tolist(), writing, weight))
    levels = np.unique(confidence)
    fitted = np.interp(levels, *knots)

    def error(values):
        return (weight * (writing * values[np.searchsorted(levels, confidence)] - correct) ** 2).sum()

    for first, last in itertools.combinations_with_replacement(range(len(levels)), 2):
        for step in (-0.01, 0.01):
            changed = fitted.copy()
            changed[first : last + 1] += step
            if (np.diff(changed) >= 0).all() and changed.min() >= 0 and changed.max() <= 1:
                assert error(changed) >= error(fitted) - 1e-3
