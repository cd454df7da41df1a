"""N-grams compared with Kneser-Ney smoothing by its definition."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.charset import encode
from netchu.reading.language_model import LanguageModel
from netchu.reading.ngrams import BOUNDARY, DISCOUNT, SYMBOLS, estimate
from netchu.synthetic.addresses import address_line

LINES = ["ab ba", "abba", "ab ca", "bac", "b"]


def kneser_ney(lines: list[str], order: int, history: tuple[int, ...], symbol: int) -> float:
    """Return the probability of `symbol` after `history` by interpolated Kneser-Ney smoothing, recursively."""
    texts = [(BOUNDARY, *encode(line), BOUNDARY) for line in lines]

    def probability(history: tuple[int, ...], symbol: int) -> float:
        length = len(history) + 1
        grams = [
            (text[start - 1] if start else None, text[start : start + length])
            for text in texts
            for start in range(len(text) - length + 1)
        ]
        counts: dict[int, int] = {}
        for last in {gram[-1] for _, gram in grams if gram[:-1] == history}:
            preceding = [before for before, gram in grams if gram == (*history, last)]
            whole = length == order or history[:1] == (BOUNDARY,)
            counts[last] = len(preceding) if whole else len(set(preceding) - {None})
        lower = probability(history[1:], symbol) if history else 1 / SYMBOLS
        total = sum(counts.values())
        if not total:
            return lower
        freed = sum(min(count, DISCOUNT) for count in counts.values())
        return (max(counts.get(symbol, 0) - DISCOUNT, 0) + freed * lower) / total

    return probability(history[-(order - 1) :] if order > 1 else (), symbol)


def log_probabilities(model: LanguageModel, text: str) -> list[float]:
    """Return the log-probability of every symbol after `text`."""
    state = model.start()
    for symbol in encode(text):
        state = model.step(state, symbol)[1]
    return [model.step(state, symbol)[0] for symbol in range(SYMBOLS)]


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("text", ["", "a", "ab", "abb", "ca", "xb", "ab b"])
def test_unpruned_model_equals_kneser_ney_smoothing(order, text):
    actual = log_probabilities(LanguageModel.from_trie(estimate(LINES, order, 0)), text)
    expected = [kneser_ney(LINES, order, (BOUNDARY, *encode(text)), symbol) for symbol in range(SYMBOLS)]
    assert np.exp(actual) == pytest.approx(expected, rel=1e-5)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.text("abc ", min_size=1, max_size=8), min_size=1, max_size=12, unique=True),
    st.floats(0, 4),
    st.text("abcx ", max_size=6),
)
def test_pruned_model_is_a_distribution(lines, threshold, text):
    actual = log_probabilities(LanguageModel.from_trie(estimate(lines, 5, threshold)), text)
    assert np.exp(actual).sum() == pytest.approx(1, abs=1e-4)


def test_pruning_costs_little():
    rng = np.random.default_rng(0)
    lines = [address_line(rng, 64) for _ in range(300)]
    tries = [estimate(lines, 8, threshold) for threshold in (0, 1, 4)]
    sizes = [len(trie.symbol) for trie in tries]
    scores = [sum(map(LanguageModel.from_trie(trie).score, lines)) for trie in tries]
    assert sizes[0] > 1.5 * sizes[1] > 2 * sizes[2]
    assert scores[0] > scores[1] > scores[2] > 3 * scores[0]


def test_every_ngram_has_its_suffix():
    trie = estimate(LINES, 4, 1)
    first = np.concatenate(([1], 1 + np.cumsum(trie.children, dtype=int)))
    grams = [()]
    for node in range(len(trie.symbol)):
        grams += [(*grams[node], int(symbol)) for symbol in trie.symbol[first[node] : first[node + 1]]]
    assert len(grams) == len(trie.symbol) == len(set(grams))
    assert all(gram[1:] in set(grams) for gram in grams if gram)
    assert all(BOUNDARY not in gram[1:-1] for gram in grams)
    assert all(pair in set(grams) for pair in itertools.product(range(SYMBOLS), repeat=1))
