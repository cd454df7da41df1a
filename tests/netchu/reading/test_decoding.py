"""Greedy decoding of hand-made paths, and log-probabilities."""

import numpy as np
import pytest

from netchu.core.charset import BLANK, encode
from netchu.reading.decoding import decode_best_path, log_softmax

PATHS = [
    ("", ""),
    ("____", ""),
    ("aab", "ab"),
    ("a_ab", "aab"),  # a blank separates equal characters
    ("_aa__bb_b", "abb"),
    ("   ", " "),
    ("Ộ_ộ", "Ộộ"),
]
"""Paths, a character per frame and `_` for the blank, and the texts that they spell."""


def logits_of(path: str) -> np.ndarray:
    """Return logits with the most likely path `path`, a character per frame, `_` for the blank."""
    logits = np.zeros((len(path), BLANK + 1), np.float32)
    for frame, character in enumerate(path):
        logits[frame, BLANK if character == "_" else encode(character)[0]] = 5
    return logits


@pytest.mark.parametrize(("path", "text"), PATHS)
def test_merges_repeats_and_removes_blanks(path, text):
    assert decode_best_path(logits_of(path)) == text


def test_log_softmax_is_stable_and_normalised():
    logits = np.array([[1e4, 0.0, -1e4], [0.0, 0.0, 0.0]])
    result = log_softmax(logits)
    assert np.isfinite(result).all()
    assert np.allclose(np.exp(result).sum(axis=-1), 1)
    assert np.allclose(result[1], np.log(1 / 3))
