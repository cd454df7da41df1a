"""Beam search compared with its definition, the sum over all paths."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import BLANK, CHARSET, encode
from netchu.reading.beam_search import beam_search, score_words
from netchu.reading.decoding import decode_best_path, log_softmax
from netchu.reading.language_model import LanguageModel
from netchu.reading.mixture import LanguageModelMixture
from netchu.reading.ngrams import estimate
from tests.netchu.reading.test_decoding import PATHS, logits_of


def collapse(path) -> tuple[int, ...]:
    merged = [label for label, _ in itertools.groupby(path)]
    return tuple(label for label in merged if label != BLANK)


@pytest.mark.parametrize(("path", "text"), PATHS)
def test_reads_clear_path_like_greedy_decoding(path, text):
    assert beam_search(logits_of(path), 4) == text


def brute_force(logits: np.ndarray, classes: list[int]) -> dict[str, float]:
    """Return the probability of each text: the sum over all paths of `classes`, which have all of the probability."""
    probabilities = np.exp(log_softmax(logits.astype(np.float64)))
    texts: dict[str, float] = {}
    for path in itertools.product(classes, repeat=len(logits)):
        text = "".join(CHARSET[label] for label in collapse(path))
        texts[text] = texts.get(text, 0) + np.prod(probabilities[np.arange(len(path)), path])
    return texts


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_finds_the_likeliest_text(seed, frames):
    classes = [BLANK, 3, 40]
    logits = np.full((frames, BLANK + 1), -80.0)
    logits[:, classes] = np.random.default_rng(seed).normal(0, 1.5, (frames, 3))
    texts = brute_force(logits, classes)
    assert texts[beam_search(logits, 100)] == pytest.approx(max(texts.values()))


def test_sums_paths_that_spell_the_same_text():
    """A blank is likeliest in both frames, but three paths spell `a`."""
    a = encode("a")[0]
    logits = np.full((2, BLANK + 1), -80.0)
    logits[:, BLANK], logits[:, a] = np.log(0.6), np.log(0.4)
    assert decode_best_path(logits) == ""
    assert beam_search(logits, 8) == "a"  # 0.4 * 0.4 + 2 * 0.4 * 0.6 = 0.64 against 0.36


def toy_model() -> LanguageModel:
    return LanguageModel.from_trie(estimate(["ab", "ba", "aab", "abb", "a"], 3, 0))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(0.1, 2), st.floats(-1, 2))
def test_finds_the_best_text_with_a_language_model(seed, frames, weight, bonus):
    model, classes = toy_model(), [BLANK, *encode("abA")]
    logits = np.full((frames, BLANK + 1), -80.0)
    logits[:, classes] = np.random.default_rng(seed).normal(0, 1, (frames, 4))
    scores = {
        text: np.log(probability) + weight * model.score(text.lower()) + bonus * len(text)
        for text, probability in brute_force(logits, classes).items()
    }
    assert scores[beam_search(logits, 200, model, weight, bonus)] == pytest.approx(max(scores.values()), abs=1e-3)


def test_language_model_decides_between_similar_letters():
    model = LanguageModel.from_trie(estimate(["quận hà đông, hà nội"] * 5 + ["quận hai bà trưng, hà nội"], 8, 0))
    text = "Hà Đông"
    logits = logits_of("_".join(text) + "_") * 2
    logits[2, encode("á")] = 10.4
    assert decode_best_path(logits) == "Há Đông"
    assert beam_search(logits, 8) == "Há Đông"
    assert beam_search(logits, 8, model, 0.5, 0.5) == text


def test_ignores_language_model_for_case():
    """The language model knows the text in lower case alone."""
    model = LanguageModel.from_trie(estimate(["phường hà nội"] * 5, 8, 0))
    for text in ("Phường", "phường", "PHƯờng"):
        assert beam_search(logits_of("_".join(text) + "_"), 8, model, 2.0, 1.0) == text


def test_reads_a_line_the_same_whatever_was_read_before():
    models = [LanguageModel.from_trie(estimate(texts, 4, 0)) for texts in (["số 9 ngõ 5", "hà nội"], ["trời mưa to"])]
    lines = [np.random.default_rng(seed).normal(0, 3, (40, BLANK + 1)).astype(np.float32) for seed in range(6)]
    alone = [beam_search(line, 8, LanguageModelMixture(models, 0.1), 0.5, 1.0) for line in lines]
    mixture = LanguageModelMixture(models, 0.1)
    assert [beam_search(line, 8, mixture, 0.5, 1.0) for line in lines[::-1]] == alone[::-1]


def test_reads_no_frames_as_empty_text():
    logits = np.zeros((0, BLANK + 1), np.float32)
    assert decode_best_path(logits) == beam_search(logits, 4) == beam_search(logits, 4, toy_model(), 1.0) == ""


def test_avoids_overflow_and_underflow_in_long_noise():
    logits = np.random.default_rng(0).normal(0, 3, (400, BLANK + 1)).astype(np.float32)
    assert beam_search(logits, 4, toy_model(), 2.0, 3.0)


def test_scores_words_by_what_the_language_model_expects():
    """The language model scores beginnings of the text by itself, without the end of the line."""
    model, text = toy_model(), " ab  Ba a"

    def score(beginning: str) -> float:
        state, total = model.start(), 0.0
        for symbol in encode(beginning.lower()):
            log_probability, state = model.step(state, symbol)
            total += log_probability
        return total

    bounds = [(1, 3), (5, 7), (8, 9)]
    expected = [0.5 * (score(text[:end]) - score(text[:start])) + 2 * (end - start) for start, end in bounds]
    assert score_words(text, model, 0.5, 2) == pytest.approx(expected)
    assert score_words("", model, 0.5, 2) == []
