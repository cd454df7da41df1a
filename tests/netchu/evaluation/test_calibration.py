"""Calibration against scikit-learn and hand-made cases."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from netchu.evaluation.calibration import BINS, expected_calibration_error, reliability, right_words


@pytest.mark.parametrize(
    ("reference", "prediction", "right"),
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
def test_right_words(reference, prediction, right):
    found = right_words(reference, prediction)
    assert len(found) == len(right)
    assert sum(found) == sum(right)
    if (reference, prediction) != ("a b", "b a x"):  # either word may be the aligned one
        assert found == [bool(word) for word in right]


def test_a_reader_as_sure_as_it_is_right_has_no_error():
    rows = reliability([0.75] * 4 + [1.0, 1.0], [True, True, True, False, True, True])
    assert rows == [
        {"confidence": 0.75, "accuracy": 0.75, "words": 4},
        {"confidence": 1.0, "accuracy": 1.0, "words": 2},
    ]
    assert expected_calibration_error(rows) == 0


def test_error_by_hand():
    """Three words at 0.9 of which one is right, one at 0.1 that is right: (3 * |0.9 - 1/3| + |0.1 - 1|) / 4."""
    error = expected_calibration_error(reliability([0.9, 0.9, 0.9, 0.1], [True, False, False, True]))
    assert error == pytest.approx((3 * (0.9 - 1 / 3) + 0.9) / 4, abs=1e-4)


def test_no_words():
    assert reliability([], []) == []
    assert expected_calibration_error([]) == 0


@given(st.lists(st.tuples(st.floats(0.0005, 1), st.booleans()), min_size=1, max_size=50))
def test_bins_are_those_of_scikit_learn(words):
    # Away from the borders, of which scikit-learn gives each to the bin below.
    words = [(confidence, right) for confidence, right in words if (confidence * BINS) % 1]
    assume(words)
    confidence, right = map(np.array, zip(*words, strict=True))
    accuracy, mean = calibration_curve(right, confidence, n_bins=BINS)
    rows = reliability(confidence, right)
    assert [row["accuracy"] for row in rows] == pytest.approx(accuracy, abs=1e-4)
    assert [row["confidence"] for row in rows] == pytest.approx(mean, abs=1e-4)
    assert sum(row["words"] for row in rows) == len(words)
