"""The mixture of language models, compared with its definition: the sum over all ways to choose a model per word."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import encode
from netchu.reading.language_model import LanguageModel
from netchu.reading.mixture import _SWITCHED, _UNKNOWN, LanguageModelMixture, combine
from netchu.reading.ngrams import BOUNDARY, estimate

ADDRESSES = ["số 9 ngõ 5", "số 12 hà nội", "xã 3 hà nội"]
GENERAL = ["trời mưa to", "anh ấy nói", "nói mưa"]
NEUTRAL = 0.08


def model_of(texts: list[str], order: int = 6) -> LanguageModel:
    return LanguageModel.from_trie(estimate(texts, order, 0))


@pytest.fixture(scope="module")
def models() -> list[LanguageModel]:
    return [model_of(ADDRESSES), model_of(GENERAL)]


def score(model, text: str) -> float:
    """Return the log-probability of `text` and of the end of the line."""
    state, total = model.start(), 0.0
    for symbol in (*encode(text), BOUNDARY):
        log_probability, state = model.step(state, symbol)
        total += log_probability
    return total


def probabilities_of_words(model: LanguageModel | None, text: str) -> list[float]:
    """Return the probability of each word with the space after it or the end of the line; None: of unknown text."""
    words, state = [], model.start() if model else 0
    for word in [word + " " for word in text.split(" ")[:-1]] + [text.split(" ")[-1]]:
        symbols = encode(word) + ([] if word.endswith(" ") else [BOUNDARY])
        product = 1.0
        for symbol in symbols:
            if model:
                log_probability, state = model.step(state, symbol)
                product *= math.exp(log_probability)
            elif symbol != BOUNDARY:
                product *= NEUTRAL
        words.append(product)
    return words


def sum_over_choices(models: list[LanguageModel], text: str) -> float:
    """Return the probability of `text`, summed over every choice of a model, or of none, for each of its words."""
    kinds = [*models, None]
    shares = [(1 - _UNKNOWN) / len(models)] * len(models) + [_UNKNOWN]
    of_words = [probabilities_of_words(model, text) for model in kinds]
    total = 0.0
    for choice in itertools.product(range(len(kinds)), repeat=len(of_words[0])):
        path = shares[choice[0]]
        for before, after in itertools.pairwise(choice):
            path *= (1 - _SWITCHED) * (before == after) + _SWITCHED * shares[after]
        total += path * math.prod(of_words[kind][position] for position, kind in enumerate(choice))
    return total


TEXTS = ["", "a", "số 9 ngõ 5", "trời mưa to", "anh ấy nói số 9", "hà nội mưa", "xyz", "q.1 xyz to", " a  b "]


@pytest.mark.parametrize("text", TEXTS)
def test_sums_over_all_choices_of_a_model_for_each_word(models, text):
    mixture = LanguageModelMixture(models, NEUTRAL)
    assert score(mixture, text) == pytest.approx(math.log(sum_over_choices(models, text)), rel=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.text("sốnói xq", max_size=12))
def test_equals_its_definition_for_any_text(text):
    models = [model_of(ADDRESSES, 3), model_of(GENERAL, 3), model_of(["qq"], 3)]
    mixture = LanguageModelMixture(models, NEUTRAL)
    assert score(mixture, text) == pytest.approx(math.log(sum_over_choices(models, text)), rel=1e-9)


def test_costs_little_against_the_best_model(models):
    mixture = LanguageModelMixture(models, NEUTRAL)
    for texts, model in zip((ADDRESSES, GENERAL), models, strict=True):
        for text in texts:
            words = len(text.split())
            least = math.log((1 - _UNKNOWN) / 2) + (words - 1) * math.log(1 - _SWITCHED)
            assert score(mixture, text) >= model.score(text) + least


def test_scores_unknown_text_like_no_language_model(models):
    """Per character, at most log(1 / NEUTRAL) nats below 0, whatever the models say."""
    mixture = LanguageModelMixture(models, NEUTRAL)
    for text in ("wzjqk", "pfx zwj"):
        floor = math.log(_UNKNOWN) + len(text) * math.log(NEUTRAL) + text.count(" ") * math.log(1 - _SWITCHED)
        assert all(model.score(text) < floor for model in models)
        assert score(mixture, text) >= floor


def test_scores_long_noise_without_underflow(models):
    mixture = LanguageModelMixture(models, 1e-9)
    assert -1e5 < score(mixture, "w" * 2000) < -1000


def test_clearing_the_cache_keeps_scores(models, monkeypatch):
    mixture = LanguageModelMixture(models, NEUTRAL)
    expected = [score(mixture, text) for text in TEXTS]
    monkeypatch.setattr("netchu.reading.mixture._MAX_CACHED_STEPS", 0)
    assert [score(mixture, text) for text in TEXTS] == expected


def test_combines_models_only_if_there_are_several(models):
    assert combine(models[:1], 0.5, 1.0) is models[0]
    expected = LanguageModelMixture(models, math.exp(-2))
    assert score(combine(models, 0.5, 1.0), "xyz") == score(expected, "xyz")
    assert score(combine(models, 0.0, 1.0), "xyz") == score(LanguageModelMixture(models, 1.0), "xyz")
