"""A line's reading: its words, each with its confidence and its position in the line."""

from typing import NamedTuple

import numpy as np

from netchu.core.charset import BLANK, encode
from netchu.reading.alignment import force_align
from netchu.reading.decoding import log_softmax
from netchu.reading.letters import LetterReading


class WordReading(NamedTuple):
    """A word of a line."""

    text: str
    confidence: float  # 0 to 1: estimated probability that the word is right
    start: int  # first frame after the space before the word
    end: int  # exclusive: first frame of the space after the word


class LineReading(NamedTuple):
    """The text of a line as it was decoded, its words, and its letters if requested."""

    text: str
    words: tuple[WordReading, ...]
    letters: tuple[LetterReading, ...] = ()  # of the text with single spaces
    certainty: float = 1.0  # of the network, 0 to 1; low if the line shows no writing


class _CharacterSpans(NamedTuple):
    """The frames of each character."""

    start: np.ndarray  # (characters,)
    end: np.ndarray  # (characters,), exclusive


def read_words(logits: np.ndarray, text: str) -> LineReading:
    """Return `text` with the position and the confidence of each of its words.

    A character's frames are those nearer to it than to its neighbours. Its confidence is the smaller of two numbers:
    its highest probability in a frame, which is low if another letter is likely instead, and the lowest sum in a frame
    of the probabilities of the blank and the two nearest characters, which is low if a letter may have been omitted. A
    word's confidence is the product over its characters, as if they were independent.

    The certainty of the line is the geometric mean of the confidences of the characters on the most likely path. It is
    that of `text` only if the path spells `text`: where a language model has corrected writing, the network is certain
    of another text, but not where it has read something into what is no writing.

    Args:
        logits: `(frames, classes)`, from which a decoder read `text`.
    """
    classes = np.array(encode(text), np.intp)
    if not len(classes):
        return LineReading(text, ())
    log_probabilities = log_softmax(logits)
    probabilities = np.exp(log_probabilities)
    likeliest, spans = _most_likely_path(log_probabilities)
    certainty = 0.0
    if len(likeliest):
        log_confidences = _character_log_confidences(probabilities, likeliest, spans)
        certainty = float(np.exp(log_confidences.mean()))
    if not np.array_equal(classes, likeliest):
        spans = _CharacterSpans(*np.array(force_align(log_probabilities, classes.tolist())).T)
        log_confidences = _character_log_confidences(probabilities, classes, spans)
    words = []
    spaces = np.flatnonzero(np.array(list(f" {text} ")) == " ")
    for first, end in zip(spaces[:-1], spaces[1:] - 1, strict=True):
        if first == end:  # two spaces in a row
            continue
        start_frame = int(spans.end[first - 1]) if first else 0
        end_frame = int(spans.start[end]) if end < len(text) else len(logits)
        confidence = float(np.exp(log_confidences[first:end].sum()))
        words.append(WordReading(text[first:end], confidence, start_frame, end_frame))
    return LineReading(text, tuple(words), certainty=certainty)


def mean_confidence(confidences: list[float]) -> float:
    """Return the confidence of a line or page, 0 to 1: the expected share of right words; 0 without words."""
    return sum(confidences) / len(confidences) if confidences else 0.0


def _most_likely_path(log_probabilities: np.ndarray) -> tuple[np.ndarray, _CharacterSpans]:
    """Return the classes of the characters on the most likely path, and their frames."""
    path = log_probabilities.argmax(axis=1)
    starts = np.flatnonzero(np.concatenate(([True], path[1:] != path[:-1])))
    ends = np.append(starts[1:], len(path))
    written = path[starts] != BLANK
    return path[starts][written], _CharacterSpans(starts[written], ends[written])


def _character_log_confidences(probabilities: np.ndarray, classes: np.ndarray, spans: _CharacterSpans) -> np.ndarray:
    """Return the log-confidence of each character, `(characters,)`."""
    frames = np.arange(len(probabilities))
    # The last character that began at or before each frame, and the next one after it.
    before = np.searchsorted(spans.start, frames, "right") - 1
    after = np.minimum(before + 1, len(classes) - 1)
    before = np.maximum(before, 0)
    expected = probabilities[:, BLANK] + probabilities[frames, classes[before]]
    expected += np.where(classes[before] != classes[after], probabilities[frames, classes[after]], 0)
    # The frames between two characters are divided halfway.
    borders = np.concatenate(([0], (spans.end[:-1] + spans.start[1:]) // 2))
    lowest_expected = np.minimum.reduceat(expected, borders)
    of_character = probabilities[frames, classes[np.searchsorted(borders, frames, "right") - 1]]
    highest = np.maximum.reduceat(of_character, borders)
    return np.log(np.clip(np.minimum(highest, lowest_expected), np.finfo(np.float32).tiny, 1))
