"""Does a reader's confidence say how often it is right? Its calibration, reliability and expected error, over words."""

from collections.abc import Sequence

import jiwer
import numpy as np

BINS = 10
"""Bins of equal width between confidence 0 and 1."""


def right_words(reference: str, prediction: str) -> list[bool]:
    """Whether each word of `prediction` (words are separated by single spaces) is aligned with its like, by jiwer."""
    right = [False] * len(prediction.split())
    for chunk in jiwer.process_words(reference, prediction).alignments[0]:
        if chunk.type == "equal":
            right[chunk.hyp_start_idx : chunk.hyp_end_idx] = [True] * (chunk.hyp_end_idx - chunk.hyp_start_idx)
    return right


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> list[dict]:
    """A row of each bin that holds words: mean `confidence`, share that is right (`accuracy`), number of `words`.

    Args:
        confidence: of each word, 0 to 1.
    """
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, np.float64)
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return [
        {
            "confidence": round(float(confidence[bins == index].mean()), 4),
            "accuracy": round(float(right[bins == index].mean()), 4),
            "words": int((bins == index).sum()),
        }
        for index in np.unique(bins)
    ]


def expected_calibration_error(rows: Sequence[dict]) -> float:
    """Mean distance of confidence and accuracy, 0 to 1, over the words of `reliability`'s rows (Naeini et al., 2015).

    0 where there is no word.
    """
    words = sum(row["words"] for row in rows)
    return sum(row["words"] * abs(row["confidence"] - row["accuracy"]) for row in rows) / max(words, 1)


def fit_calibration(confidence: Sequence[float], right: Sequence[bool]) -> list[list[float]]:
    """Rising confidences and how often words of these confidences are right, to interpolate between.

    Isotonic regression (Zadrozny and Elkan, 2002), by scikit-learn. The confidences themselves where there is no word.
    """
    if not confidence:
        return [[0.0, 1.0], [0.0, 1.0]]
    from sklearn.isotonic import IsotonicRegression  # takes a second, which only the decoder stage has to pay

    fitted = IsotonicRegression(out_of_bounds="clip").fit(confidence, np.asarray(right, np.float64))
    return [np.round(values, 4).tolist() for values in (fitted.X_thresholds_, fitted.y_thresholds_)]
