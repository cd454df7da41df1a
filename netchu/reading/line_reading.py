"""What was read in a line, word by word: how sure the network is of each, and where in the line it stands."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from netchu.core.charset import BLANK, encode
from netchu.reading.alignment import align
from netchu.reading.decoding import log_softmax


class WordReading(NamedTuple):
    """A word of a line."""

    text: str
    confidence: float  # 0 to 1: estimated probability that the word is right
    start: int  # first frame of the line that it may fill: after the space before it
    end: int  # exclusive: where the space after it begins


class LineReading(NamedTuple):
    """The text of a line as it was decoded, and its words."""

    text: str
    words: tuple[WordReading, ...]


class _Runs(NamedTuple):
    """The frames of each character."""

    start: np.ndarray  # (characters,)
    end: np.ndarray  # (characters,), exclusive


def read_words(logits: np.ndarray, text: str, calibrate: Callable[[float], float] = float) -> LineReading:
    """The words of `text`, as a decoder read it in `logits`, `(frames, classes)`, with places and confidences.

    A character is as sure as the surest of its frames, but no surer than any frame up to its neighbours is of showing
    one of the three or nothing: so a letter that another rivals, and one that may have been left out, both count. A
    word is as sure as all its characters together, taken as independent; `calibrate` makes of that the confidence.
    """
    classes = np.array(encode(text), np.intp)
    if not len(classes):
        return LineReading(text, ())
    likelihoods = log_softmax(logits)
    runs = _greedy_runs(likelihoods, classes) or _Runs(*np.array(align(likelihoods, classes.tolist())).T)
    log_characters = _log_confidences(likelihoods, classes, runs)
    words = []
    bounds = np.flatnonzero(np.array(list(f" {text} ")) == " ")
    for left, right in zip(bounds[:-1], bounds[1:] - 1, strict=True):
        if left == right:  # two spaces side by side
            continue
        start = int(runs.end[left - 1]) if left else 0
        end = int(runs.start[right]) if right < len(text) else len(logits)
        words.append(WordReading(text[left:right], calibrate(np.exp(log_characters[left:right].sum())), start, end))
    return LineReading(text, tuple(words))


def mean_confidence(confidences: list[float]) -> float:
    """Confidence of a line or page, 0 to 1: the share of its words that are expected to be right; 0 without words."""
    return sum(confidences) / len(confidences) if confidences else 0.0


def _greedy_runs(likelihoods: np.ndarray, classes: np.ndarray) -> _Runs | None:
    """Where each character stands on the likeliest path; None where that path spells something else."""
    path = likelihoods.argmax(axis=1)
    starts = np.flatnonzero(np.concatenate(([True], path[1:] != path[:-1])))
    ends = np.append(starts[1:], len(path))
    written = path[starts] != BLANK
    if not np.array_equal(path[starts][written], classes):
        return None
    return _Runs(starts[written], ends[written])


def _log_confidences(likelihoods: np.ndarray, classes: np.ndarray, runs: _Runs) -> np.ndarray:
    """Log-confidence of each character, `(characters,)`."""
    probabilities = np.exp(likelihoods)
    frames = np.arange(len(probabilities))
    # The last character that began at or before each frame, and the next one after it.
    before = np.searchsorted(runs.start, frames, "right") - 1
    after = np.minimum(before + 1, len(classes) - 1)
    before = np.maximum(before, 0)
    expected = probabilities[:, BLANK] + probabilities[frames, classes[before]]
    expected += np.where(classes[before] != classes[after], probabilities[frames, classes[after]], 0)
    # Each frame belongs to the character in whose half of the gap it lies.
    borders = np.concatenate(([0], (runs.end[:-1] + runs.start[1:]) // 2))
    doubtful = np.minimum.reduceat(expected, borders)
    own = probabilities[frames, classes[np.searchsorted(borders, frames, "right") - 1]]
    surest = np.maximum.reduceat(own, borders)
    return np.log(np.clip(np.minimum(surest, doubtful), np.finfo(np.float32).tiny, 1))
