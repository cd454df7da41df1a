"""Confidences: against all paths, one by one, and hand-made lines."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK, encode
from netchu.reading.alignment import align
from netchu.reading.decoding import greedy, log_softmax
from netchu.reading.line_reading import _greedy_runs, mean_confidence, read_words


def logits(frames: list[dict[str, float]]) -> np.ndarray:
    """Logits of frames given by the probabilities of a few characters; the blank has the rest."""
    probabilities = np.full((len(frames), BLANK + 1), 1e-9)
    for row, frame in zip(probabilities, frames, strict=True):
        for character, probability in frame.items():
            row[encode(character)] = probability
        row[BLANK] = 1 - sum(frame.values())
    return np.log(np.maximum(probabilities, 1e-9)).astype(np.float32)


def sure(text: str) -> list[dict[str, float]]:
    """Each character on two frames, a blank after each."""
    return [frame for character in text for frame in ({character: 1}, {character: 1}, {})]


def confidences(frames: list[dict[str, float]], text: str) -> list[float]:
    return [word.confidence for word in read_words(logits(frames), text).words]


def test_what_is_clear_is_sure():
    reading = read_words(logits(sure("số 5")), "số 5")
    assert [word.text for word in reading.words] == ["số", "5"]
    assert [word.confidence for word in reading.words] == pytest.approx([1, 1])


def test_a_rival_letter_makes_its_word_doubtful_and_no_other():
    frames = sure("an ba")
    frames[0] = frames[1] = {"a": 0.7, "ă": 0.3}
    assert confidences(frames, "an ba") == pytest.approx([0.7, 1], abs=1e-4)


def test_one_clear_frame_is_enough_for_a_letter_that_starts_or_ends_softly():
    frames = [{"a": 0.4}, {"a": 1}, {"a": 0.6}, {}, {"n": 0.5}, {"n": 1}]
    assert confidences(frames, "an") == pytest.approx([1], abs=1e-4)


def test_a_letter_that_may_have_been_left_out_makes_the_word_doubtful():
    frames = sure("an")
    frames[2] = {"h": 0.4}
    assert confidences(frames, "an") == pytest.approx([0.6], abs=1e-4)


def test_letters_of_a_word_multiply():
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.8, "o": 0.2}
    frames[3] = frames[4] = {"n": 0.5, "m": 0.5}
    assert confidences(frames, "an") == pytest.approx([0.4], abs=1e-4)


def test_words_fill_the_line_up_to_the_spaces_beside_them():
    #        0   1   2   3    4    5   6   7   8
    frames = [{}, {"a": 1}, {}, {" ": 1}, {" ": 1}, {}, {"b": 1}, {"a": 1}, {}]
    words = read_words(logits(frames), "a ba").words
    assert [(word.start, word.end) for word in words] == [(0, 3), (5, 9)]


@pytest.mark.parametrize("text", ["", " ", "  "])
def test_a_line_without_words(text):
    assert read_words(logits([*sure(text), {}]), text).words == ()


def test_spaces_that_are_too_many_make_no_words():
    assert [word.text for word in read_words(logits(sure(" a  b ")), " a  b ").words] == ["a", "b"]


def test_a_text_that_the_path_does_not_spell_is_as_unlikely_as_its_letters():
    """Another decoder's choice, here a language model's, has the confidence of its own letters."""
    frames = sure("an")
    frames[0] = frames[1] = {"a": 0.7, "ă": 0.3}
    assert confidences(frames, "ăn") == pytest.approx([0.3], abs=1e-4)


def spelled(path: tuple[int, ...]) -> list[int]:
    return [label for label, _ in itertools.groupby(path) if label != BLANK]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.1, 10))
def test_any_reading_has_its_words_in_order_and_confidences_between_0_and_1(seed, frames, contrast):
    rng = np.random.default_rng(seed)
    values = (contrast * rng.normal(0, 1, (frames, BLANK + 1))).astype(np.float32)
    values[:, encode(" ")[0]] += 2 * contrast
    text = greedy(values)
    reading = read_words(values, text)
    assert [word.text for word in reading.words] == text.split()
    places = [place for word in reading.words for place in (word.start, word.end)]
    assert places == sorted(places) and all(0 <= place <= frames for place in places)
    assert all(word.start < word.end and 0 <= word.confidence <= 1 for word in reading.words)
    if text:
        likelihoods, classes = log_softmax(values), np.array(encode(text))
        assert _greedy_runs(likelihoods, classes).start.tolist() == [
            start for start, _ in align(likelihoods, classes.tolist())
        ]


def test_mean():
    assert mean_confidence([]) == 0
    assert mean_confidence([0.5, 1]) == 0.75
    assert math.isclose(mean_confidence([1.0] * 3), 1)
