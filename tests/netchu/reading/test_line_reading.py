"""Words of a line: confidences and positions in lines made by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK, encode
from netchu.reading.alignment import force_align
from netchu.reading.decoding import decode_best_path, log_softmax
from netchu.reading.line_reading import _most_likely_path, mean_confidence, read_words


def logits(frames: list[dict[str, float]]) -> np.ndarray:
    """Return logits of frames given the probabilities of a few characters; the blank gets the rest."""
    probabilities = np.full((len(frames), BLANK + 1), 1e-9)
    for row, frame in zip(probabilities, frames, strict=True):
        for character, probability in frame.items():
            row[encode(character)] = probability
        row[BLANK] = 1 - sum(frame.values())
    return np.log(np.maximum(probabilities, 1e-9)).astype(np.float32)


def sure(text: str) -> list[dict[str, float]]:
    """Return frames that show each character twice, then a blank."""
    return [frame for character in text for frame in ({character: 1}, {character: 1}, {})]


def confidences(frames: list[dict[str, float]], text: str) -> list[float]:
    return [word.confidence for word in read_words(logits(frames), text).words]


def test_clear_words_have_confidence_1():
    reading = read_words(logits(sure("số 5")), "số 5")
    assert [word.text for word in reading.words] == ["số", "5"]
    assert [word.confidence for word in reading.words] == pytest.approx([1, 1])
    assert reading.certainty == pytest.approx(1)


def test_rival_letter_lowers_confidence_of_its_word_only():
    frames = sure("an ba")
    frames[0] = frames[1] = {"a": 0.7, "ă": 0.3}
    assert confidences(frames, "an ba") == pytest.approx([0.7, 1], abs=1e-4)
    assert read_words(logits(frames), "an ba").certainty == pytest.approx(0.7 ** (1 / 5), abs=1e-4)


def test_needs_one_clear_frame_per_letter():
    frames = [{"a": 0.4}, {"a": 1}, {"a": 0.6}, {}, {"n": 0.5}, {"n": 1}]
    assert confidences(frames, "an") == pytest.approx([1], abs=1e-4)


def test_possible_omission_lowers_confidence():
    frames = sure("an")
    frames[2] = {"h": 0.4}
    assert confidences(frames, "an") == pytest.approx([0.6], abs=1e-4)


def test_confidences_of_letters_multiply():
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.8, "o": 0.2}
    frames[3] = frames[4] = {"n": 0.5, "m": 0.5}
    assert confidences(frames, "an") == pytest.approx([0.4], abs=1e-4)


def test_counts_doubled_letter_once():
    """Between two equal letters, a frame that shows the letter, the blank or a rival: 0.4 + 0.3, not 2 * 0.4 + 0.3."""
    frames = [{"o": 1}, {}, {"o": 0.4, "x": 0.3}, {}, {"o": 1}]
    assert confidences(frames, "oo") == pytest.approx([0.7], abs=1e-4)


def test_frames_between_letters_are_divided_halfway():
    """A rival in the second half of the gap before a space belongs to the space, one in the first half to the word."""
    frames = [{"a": 1}, {}, {}, {}, {"x": 0.4}, {" ": 1}, {}, {"b": 1}]
    assert confidences(frames, "a b") == pytest.approx([1, 1], abs=1e-4)
    frames[1], frames[4] = frames[4], frames[1]
    assert confidences(frames, "a b") == pytest.approx([0.6, 1], abs=1e-4)


def test_words_extend_to_neighbouring_spaces():
    #        0   1   2   3    4    5   6   7   8
    frames = [{}, {"a": 1}, {}, {" ": 1}, {" ": 1}, {}, {"b": 1}, {"a": 1}, {}]
    words = read_words(logits(frames), "a ba").words
    assert [(word.start, word.end) for word in words] == [(0, 3), (5, 9)]


@pytest.mark.parametrize("text", ["", " ", "  "])
def test_accepts_line_without_words(text):
    assert read_words(logits([*sure(text), {}]), text).words == ()


def test_skips_repeated_spaces():
    assert [word.text for word in read_words(logits(sure(" a  b ")), " a  b ").words] == ["a", "b"]


def test_computes_confidence_of_text_that_is_not_the_most_likely():
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.7, "ă": 0.3}
    assert confidences(frames, "ăn") == pytest.approx([0.3], abs=1e-4)


def test_line_is_as_certain_as_the_network_is_of_its_own_text():
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.7, "ă": 0.3}
    assert read_words(logits(frames), "ăn").certainty == pytest.approx(0.7**0.5, abs=1e-4)
    assert read_words(logits([{"a": 0.4}, {}]), "a").certainty == 0  # the most likely path has only blanks


def spelled(path: tuple[int, ...]) -> list[int]:
    return [label for label, _ in itertools.groupby(path) if label != BLANK]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.1, 10))
def test_words_are_ordered_and_confidences_valid_for_any_logits(seed, frames, contrast):
    rng = np.random.default_rng(seed)
    values = (contrast * rng.normal(0, 1, (frames, BLANK + 1))).astype(np.float32)
    values[:, encode(" ")[0]] += 2 * contrast
    text = decode_best_path(values)
    reading = read_words(values, text)
    assert [word.text for word in reading.words] == text.split()
    bounds = [bound for word in reading.words for bound in (word.start, word.end)]
    assert bounds == sorted(bounds) and all(0 <= bound <= frames for bound in bounds)
    assert all(word.start < word.end and 0 <= word.confidence <= 1 for word in reading.words)
    if text:
        log_probabilities, classes = log_softmax(values), np.array(encode(text))
        likeliest, spans = _most_likely_path(log_probabilities)
        assert np.array_equal(likeliest, classes)
        assert list(zip(*spans, strict=True)) == force_align(log_probabilities, classes.tolist())


def test_mean_confidence():
    assert mean_confidence([]) == 0
    assert mean_confidence([0.5, 1]) == 0.75
    assert math.isclose(mean_confidence([1.0] * 3), 1)
