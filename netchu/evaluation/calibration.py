"""Calibration of word confidences: measures how well they predict the share of correct words, and corrects them."""

from collections.abc import Sequence

import jiwer
import numpy as np

BINS = 10
"""Number of bins of equal width between confidence 0 and 1."""

_MIN_WRITING = 1e-3
"""Probabilities of writing below this count as this, because others are divided by them."""


def mark_correct_words(reference: str, prediction: str) -> list[bool]:
    """Return for each word of `prediction` whether jiwer aligns it with an equal word of `reference`.

    Single spaces separate the words.

    >>> mark_correct_words("Hà Nội", "Ha Nội")
    [False, True]
    """
    correct = [False] * len(prediction.split())
    for chunk in jiwer.process_words(reference, prediction).alignments[0]:
        if chunk.type == "equal":
            correct[chunk.hyp_start_idx : chunk.hyp_end_idx] = [True] * (chunk.hyp_end_idx - chunk.hyp_start_idx)
    return correct


def reliability(confidence: Sequence[float], correct: Sequence[bool]) -> list[dict]:
    """Return a row for each bin that holds words: mean `confidence`, share of correct words (`accuracy`), `words`.

    Args:
        confidence: confidence of each word, 0 to 1.
        correct: whether each word is correct.
    """
    confidence, correct = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return [
        {
            "confidence": round(float(confidence[bins == index].mean()), 4),
            "accuracy": round(float(correct[bins == index].mean()), 4),
            "words": int((bins == index).sum()),
        }
        for index in np.unique(bins)
    ]


def expected_calibration_error(rows: Sequence[dict]) -> float:
    """Return the mean gap between confidence and accuracy, 0 to 1, over all words (Naeini et al., 2015).

    `rows` are those of `reliability`. Without words the error is 0.
    """
    words = sum(row["words"] for row in rows)
    return sum(row["words"] * abs(row["confidence"] - row["accuracy"]) for row in rows) / max(words, 1)


def fit_calibration(
    confidence: Sequence[float],
    correct: Sequence[bool],
    writing: Sequence[float] | float = 1.0,
    weight: Sequence[float] | float = 1.0,
) -> list[list[float]]:
    """Fit a rising function that, times `writing`, predicts the share of correct words, by isotonic regression.

    Source: Zadrozny and Elkan, 2002. Without words, the function is the identity.

    Args:
        confidence: of each word, 0 to 1.
        correct: whether each word is correct.
        writing: for each word, the probability that its line shows writing, with which the result will be multiplied.
        weight: of each word.

    Returns:
        The knots for `np.interp`: a list of confidences and a list of shares, 0 to 1.
    """
    if not confidence:
        return [[0.0, 1.0], [0.0, 1.0]]
    from sklearn.isotonic import IsotonicRegression  # the import takes a second; only the decoder stage needs it

    # The squared error of writing * f(confidence) is that of f(confidence) to correct / writing, times writing squared.
    writing = np.maximum(np.broadcast_to(writing, len(confidence)), _MIN_WRITING)
    fitted = IsotonicRegression(y_max=1, out_of_bounds="clip").fit(
        confidence, np.asarray(correct, np.float64) / writing, sample_weight=weight * writing**2
    )
    return [np.round(values, 4).tolist() for values in (fitted.X_thresholds_, fitted.y_thresholds_)]
