"""Marks of words: printed rather than written by hand, and struck through.

Each mark has a score that adds a piecewise linear function of every measurement of the word (a generalised additive
model). `benchmarks/word_marks.py` fits these functions, and measures how many words they mark.
"""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netchu.core.frames import FRAME_WIDTH
from netchu.reading.line_reading import WordReading

WORD_MARKS = Path(__file__).with_suffix(".json")
"""File of the fitted functions."""

_MAX_SCORE = 6.0
"""Log-odds: a single word never counts for more in its line."""

_CHANGE = 2.0
"""Log-odds that each change from print to handwriting costs, since words of a kind stand together."""


class AdditiveModel(NamedTuple):
    """A score of words: the sum of a piecewise linear function of each measurement."""

    intercept: float
    knots: np.ndarray  # (measurements, knots), ascending; outside, the function is constant
    values: np.ndarray  # (measurements, knots), of the function at the knots
    threshold: float  # least score of a marked word

    def score(self, measurements: np.ndarray) -> np.ndarray:
        """Return the score of each word, (words,), given `measurements`, (words, measurements)."""
        lengths, rises = np.diff(self.knots), np.diff(self.values)
        shares = np.clip((measurements[:, :, None] - self.knots[:, :-1]) / np.maximum(lengths, 1e-9), 0, 1)
        return self.intercept + self.values[:, 0].sum() + (shares * rises).sum(axis=(1, 2))


class WordMarks(NamedTuple):
    """Marks of one word."""

    printed: bool = False
    struck: bool = False


def find_marks(image: np.ndarray, spans: np.ndarray) -> list[WordMarks]:
    """Return the marks of the words of a line.

    Args:
        image: a line image, uint8 (height, width), dark ink on white.
        spans: (words, 2), left and right side of each word, 0 to 1 of the width.
    """
    if not len(spans):
        return []
    from netchu.pages.word_features import measure_words  # takes 6 ms, and many readings need no marks

    models = load_models()
    measurements = measure_words(image, spans)
    printed = score_line(models["printed"].score(measurements)) >= models["printed"].threshold
    struck = models["struck"].score(measurements) >= models["struck"].threshold
    return [WordMarks(bool(print_mark), bool(strike)) for print_mark, strike in zip(printed, struck, strict=True)]


def find_spans(words: Sequence[WordReading], width: int, margin: int) -> np.ndarray:
    """Return the left and right side of each word, (words, 2), 0 to 1 of the width of a line's writing.

    Args:
        width: of the line image in pixels, with its margin.
        margin: pixels of paper before the writing.
    """
    frames = np.array([(word.start, word.end) for word in words]).reshape(-1, 2)
    return np.clip((frames * FRAME_WIDTH - margin) / (width - margin), 0, 1)


@functools.cache
def load_models() -> dict[str, AdditiveModel]:
    """Return the fitted models `printed` and `struck`."""
    values = json.loads(WORD_MARKS.read_text(encoding="utf-8"))
    return {
        name: AdditiveModel(model["intercept"], np.array(model["knots"]), np.array(model["values"]), model["threshold"])
        for name, model in values.items()
    }


def score_line(scores: np.ndarray) -> np.ndarray:
    """Return the scores of words for print in the context of their line, (words,).

    A labelling of the line is worth the scores of its printed words, less _CHANGE for each change between neighbours. A
    word's score is that of the best labelling with the word printed, less that of the best with it written by hand.
    """
    worth = np.stack([np.zeros(len(scores)), np.clip(scores, -_MAX_SCORE, _MAX_SCORE)], axis=1)
    before, after = _accumulate(worth), _accumulate(worth[::-1])[::-1]
    best = before + after - worth
    return best[:, 1] - best[:, 0]


def _accumulate(worth: np.ndarray) -> np.ndarray:
    """Return the worth of the best labelling up to each word with each label of that word, (words, 2)."""
    best = worth.copy()
    for word in range(1, len(worth)):
        best[word] += np.maximum(best[word - 1], best[word - 1, ::-1] - _CHANGE)
    return best
