"""Estimation of character n-grams: counting, Kneser-Ney smoothing and pruning."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from netchu.core.charset import CHARSET, encode

BOUNDARY = len(CHARSET)
"""The symbol before and after a line."""

SYMBOLS = BOUNDARY + 1
"""Number of symbols: the charset and the boundary."""

DISCOUNT = 0.9
"""Subtracted from every count and given to unseen n-grams; the best of 0.8, 0.9 and 0.95 on validation labels."""


class Trie(NamedTuple):
    """N-grams, sorted by length, then by parent, then by last symbol; the root, of length 0, comes first.

    Every n-gram's prefix and suffix (without its last or its first symbol) are in the trie, too.
    """

    symbol: np.ndarray  # uint8 (nodes,), the last symbol of each n-gram
    children: np.ndarray  # uint8 (nodes,), number of n-grams that extend it by one symbol
    log_probability: np.ndarray  # float32 (nodes,), natural, of the last symbol given the others
    log_backoff: np.ndarray  # float32 (nodes,), natural, weight of the shorter context for all other symbols


class _Level(NamedTuple):
    """The n-grams of one length, arrays (n-grams,); parent and suffix are indices into the level before."""

    symbol: np.ndarray
    parent: np.ndarray  # the n-gram without its last symbol
    suffix: np.ndarray  # the n-gram without its first symbol
    count: np.ndarray


def estimate(lines: Iterable[str], order: int, threshold: float) -> Trie:
    """Return the n-grams of `lines`, up to `order` symbols long, with interpolated Kneser-Ney smoothing.

    The form is that of Chen and Goodman (1999) with a single discount and a uniform distribution for the empty context.
    Pruning (weighted difference, Seymore and Rosenfeld 1996) drops an n-gram if its count times the change of its
    log-probability without it is below `threshold`, unless a longer n-gram needs it. Raises KeyError for a character
    outside the charset.
    """
    levels = _count(sorted(lines), order)
    probabilities = _smooth(levels)
    return _build_trie(levels, probabilities, _prune(levels, probabilities, threshold))


def _count(lines: list[str], order: int) -> list[_Level]:
    """Count all n-grams up to `order`; the boundary occurs only as their first or last symbol."""
    text = np.array([symbol for line in lines for symbol in (BOUNDARY, *encode(line))] + [BOUNDARY], np.int64)
    start, found = np.arange(len(text)), text
    root = np.zeros(SYMBOLS, np.int64)
    # Every symbol is possible, even one that does not occur in the lines.
    levels = [_Level(np.arange(SYMBOLS), root, root, np.bincount(text, minlength=SYMBOLS))]
    for length in range(2, order + 1):
        number = np.full(len(text), -1)  # index, in the level before, of the n-gram that starts there
        number[start] = found
        if length > 2:
            start = start[text[start + length - 2] != BOUNDARY]
        start = start[start + length <= len(text)]
        keys, first, found, count = np.unique(number[start] * SYMBOLS + text[start + length - 1], True, True, True)
        parent, symbol = np.divmod(keys, SYMBOLS)
        levels.append(_Level(symbol, parent, number[start[first] + 1], count))
    return levels


def _smooth(levels: list[_Level]) -> list[np.ndarray]:
    """Return the probability of each n-gram's last symbol given the others, level by level from the root."""
    probabilities = [np.full(1, 1 / SYMBOLS)]
    begins = levels[0].symbol == BOUNDARY
    for index, level in enumerate(levels):
        count = level.count
        if index + 1 < len(levels):  # Kneser-Ney: count the distinct symbols that precede it
            count = np.bincount(levels[index + 1].suffix, minlength=len(count))
            if index:
                begins = begins[level.parent]
                count = np.where(begins, level.count, count)
        size = len(probabilities[-1])
        total = np.bincount(level.parent, count, size)
        discounted = np.maximum(count - DISCOUNT, 0)
        freed = total - np.bincount(level.parent, discounted, size)
        lower = probabilities[-1][level.suffix]
        probabilities.append((discounted + freed[level.parent] * lower) / total[level.parent])
    return probabilities


def _remaining(level: _Level, probability: np.ndarray, lower: np.ndarray, contexts: int) -> np.ndarray:
    """Return the probability mass that each context leaves to other symbols, `(2, contexts)`.

    The first row is by the n-grams' own `probability`, the second by that of the shorter context, `lower`.
    """
    return np.maximum([1 - np.bincount(level.parent, values, contexts) for values in (probability, lower)], 1e-9)


def _prune(levels: list[_Level], probabilities: list[np.ndarray], threshold: float) -> list[np.ndarray]:
    """Return which n-grams of each level to keep, bool."""
    kept = [np.zeros(len(level.symbol), bool) for level in levels]
    for index in reversed(range(1, len(levels))):
        level, probability, lower = levels[index], probabilities[index + 1], probabilities[index][levels[index].suffix]
        rest, rest_lower = _remaining(level, probability, lower, len(probabilities[index]))[:, level.parent]
        without = (rest + probability) / (rest_lower + lower) * lower  # its probability if it alone were dropped
        kept[index] |= level.count * np.abs(np.log(probability / without)) >= threshold
        for needed in (level.parent, level.suffix):
            kept[index - 1][needed[kept[index]]] = True
    kept[0][:] = True
    return kept


def _build_trie(levels: list[_Level], probabilities: list[np.ndarray], kept: list[np.ndarray]) -> Trie:
    """Build the trie of the kept n-grams."""
    columns = [(np.zeros(1), np.zeros(1))]  # symbols and log-probabilities, level by level
    contexts = []  # number of children and log-backoff of each n-gram of the level before
    above = np.ones(1, bool)
    for index, (level, keep) in enumerate(zip(levels, kept, strict=True)):
        level, probability = _Level(*(values[keep] for values in level)), probabilities[index + 1][keep]
        rest, rest_lower = _remaining(level, probability, probabilities[index][level.suffix], len(above))
        columns.append((level.symbol, np.log(probability)))
        contexts.append((np.bincount(level.parent, minlength=len(above))[above], np.log(rest / rest_lower)[above]))
        above = keep
    contexts.append((np.zeros(above.sum()), np.zeros(above.sum())))
    arrays = [np.concatenate(parts) for table in (columns, contexts) for parts in zip(*table, strict=True)]
    symbol, log_probability, children, log_backoff = arrays
    return Trie(
        symbol.astype(np.uint8), children.astype(np.uint8), log_probability.astype(np.float32),
        log_backoff.astype(np.float32),
    )  # fmt: skip
