"""Character n-grams of a text: counted, smoothed and pruned, as a trie."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from netchu.core.charset import CHARSET, encode

BOUNDARY = len(CHARSET)
"""The symbol before and after a line."""

SYMBOLS = BOUNDARY + 1

DISCOUNT = 0.9
"""What every n-gram's count gives to those not seen; the best of 0.8, 0.9 and 0.95 on validation labels."""


class Trie(NamedTuple):
    """N-grams by length, then by their parent, then by their last symbol; the root, of length 0, is first.

    With every n-gram there are those without its first and without its last symbol.
    """

    symbol: np.ndarray  # uint8 (nodes,), the last symbol of each n-gram
    children: np.ndarray  # uint8 (nodes,), how many n-grams continue it by one symbol
    log_probability: np.ndarray  # float32 (nodes,), natural, of the last symbol after the others
    log_backoff: np.ndarray  # float32 (nodes,), natural, weight of the shorter context for symbols that do not continue


class _Level(NamedTuple):
    """The n-grams of one length, arrays (n-grams,); parent and suffix are places in the level before."""

    symbol: np.ndarray
    parent: np.ndarray  # the n-gram without its last symbol
    suffix: np.ndarray  # the n-gram without its first symbol
    count: np.ndarray


def estimate(lines: Iterable[str], order: int, threshold: float) -> Trie:
    """The n-grams of `lines`, up to `order` symbols long, smoothed as by Kneser and Ney, interpolated.

    The form is that of Chen and Goodman (1999), with one discount, and the empty n-gram's symbols equally likely.
    An n-gram stays if its count times the change that it makes to its log-probability reaches `threshold` (weighted
    difference, Seymore and Rosenfeld 1996), or if a longer one needs it. Raises KeyError for a character outside the
    charset.
    """
    levels = _count(sorted(lines), order)
    probabilities = _smooth(levels)
    return _trie(levels, probabilities, _kept(levels, probabilities, threshold))


def _count(lines: list[str], order: int) -> list[_Level]:
    """All n-grams up to `order`; the boundary is only their first or last symbol."""
    text = np.array([symbol for line in lines for symbol in (BOUNDARY, *encode(line))] + [BOUNDARY], np.int64)
    start, found = np.arange(len(text)), text
    root = np.zeros(SYMBOLS, np.int64)
    # Every symbol may come, also one that the lines lack.
    levels = [_Level(np.arange(SYMBOLS), root, root, np.bincount(text, minlength=SYMBOLS))]
    for length in range(2, order + 1):
        number = np.full(len(text), -1)  # of the n-gram that starts there, in the level before
        number[start] = found
        if length > 2:
            start = start[text[start + length - 2] != BOUNDARY]
        start = start[start + length <= len(text)]
        keys, first, found, count = np.unique(number[start] * SYMBOLS + text[start + length - 1], True, True, True)
        parent, symbol = np.divmod(keys, SYMBOLS)
        levels.append(_Level(symbol, parent, number[start[first] + 1], count))
    return levels


def _smooth(levels: list[_Level]) -> list[np.ndarray]:
    """Probability of each n-gram's last symbol after the others, beginning with the root's."""
    probabilities = [np.full(1, 1 / SYMBOLS)]
    begins = levels[0].symbol == BOUNDARY
    for index, level in enumerate(levels):
        count = level.count
        if index + 1 < len(levels):  # a shorter context matters where the longer one is new: count what precedes it
            count = np.bincount(levels[index + 1].suffix, minlength=len(count))
            if index:
                begins = begins[level.parent]
                count = np.where(begins, level.count, count)
        size = len(probabilities[-1])
        total = np.bincount(level.parent, count, size)
        discounted = np.maximum(count - DISCOUNT, 0)
        spare = total - np.bincount(level.parent, discounted, size)
        lower = probabilities[-1][level.suffix]
        probabilities.append((discounted + spare[level.parent] * lower) / total[level.parent])
    return probabilities


def _left(level: _Level, own: np.ndarray, lower: np.ndarray, contexts: int) -> np.ndarray:
    """For each context, what its n-grams leave to other symbols, `own` by itself and `lower` by the shorter context."""
    return np.maximum([1 - np.bincount(level.parent, values, contexts) for values in (own, lower)], 1e-9)


def _kept(levels: list[_Level], probabilities: list[np.ndarray], threshold: float) -> list[np.ndarray]:
    """Which n-grams of each level stay, bool."""
    kept = [np.zeros(len(level.symbol), bool) for level in levels]
    for index in reversed(range(1, len(levels))):
        level, own, lower = levels[index], probabilities[index + 1], probabilities[index][levels[index].suffix]
        left, left_lower = _left(level, own, lower, len(probabilities[index]))[:, level.parent]
        without = (left + own) / (left_lower + lower) * lower  # its probability if it alone were dropped
        kept[index] |= level.count * np.abs(np.log(own / without)) >= threshold
        for needed in (level.parent, level.suffix):
            kept[index - 1][needed[kept[index]]] = True
    kept[0][:] = True
    return kept


def _trie(levels: list[_Level], probabilities: list[np.ndarray], kept: list[np.ndarray]) -> Trie:
    columns = [(np.zeros(1), np.zeros(1))]  # symbols and log-probabilities, level by level
    contexts = []  # numbers of children and log-backoffs of the level before
    above = np.ones(1, bool)
    for index, (level, stays) in enumerate(zip(levels, kept, strict=True)):
        level, own = _Level(*(values[stays] for values in level)), probabilities[index + 1][stays]
        left, left_lower = _left(level, own, probabilities[index][level.suffix], len(above))
        columns.append((level.symbol, np.log(own)))
        contexts.append((np.bincount(level.parent, minlength=len(above))[above], np.log(left / left_lower)[above]))
        above = stays
    contexts.append((np.zeros(above.sum()), np.zeros(above.sum())))
    arrays = [np.concatenate(parts) for table in (columns, contexts) for parts in zip(*table, strict=True)]
    symbol, log_probability, children, log_backoff = arrays
    return Trie(
        symbol.astype(np.uint8), children.astype(np.uint8), log_probability.astype(np.float32),
        log_backoff.astype(np.float32),
    )  # fmt: skip
