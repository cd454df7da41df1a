"""A character n-gram language model that fits in a few megabytes."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from netchu.core.charset import encode
from netchu.reading.language_model_files import VALUES_SIZE, read_content, write_content
from netchu.reading.ngrams import BOUNDARY, Trie

_MAX_CACHED_STEPS = 500_000
"""Steps kept from line to line, about 100 MB; the cache is then cleared."""


class CharacterModel(Protocol):
    """Something that scores a text symbol by symbol: a language model, or several of them as one."""

    def start(self) -> Any:
        """Return the state before the first character."""

    def step(self, state: Any, symbol: int) -> tuple[float, Any]:
        """Return the natural log-probability of `symbol` after `state`, and the state after it."""


class StepCache(dict):
    """Results of steps. As a subclass, the garbage collector leaves it in its oldest generation.

    It moves an exact `dict` of numbers and tuples back into the youngest one, and would traverse it again and again.
    """


class LanguageModel:
    """Character n-grams with backoff. `start` and `step` score a text symbol by symbol, `score` scores a whole line.

    A state is the longest known n-gram at the end of the text, as its index in the trie. Threads may share one model.

    Example:
        model = LanguageModel.from_trie(estimate(["số 9", "số 12"], order=3, threshold=0))
        model.score("số 1")  # natural log-probability of the line
    """

    def __init__(self, symbol: bytes, children: bytes, probability: bytes, backoff: bytes, values: np.ndarray):
        """Take the nodes of a Trie, one byte each; `probability` and `backoff` index the rows of `values`, (2, 256)."""
        self._symbol, self._probability, self._backoff = symbol, probability, backoff
        first = np.ones(len(children) + 1, np.int32)
        np.cumsum(np.frombuffer(children, np.uint8), out=first[1:])
        first[1:] += 1
        self._first = memoryview(first)
        self._log_probabilities, self._log_backoffs = values.tolist()
        self._suffix: dict[int, int] = {}  # by n-gram visited so far: the n-gram without its first symbol
        self._steps: dict[int, tuple[float, int]] = StepCache()

    @classmethod
    def from_trie(cls, trie: Trie) -> "LanguageModel":
        """Quantize the probabilities and the backoffs of `trie` to 256 values each."""
        (probability, first), (backoff, second) = _quantize(trie.log_probability), _quantize(trie.log_backoff)
        arrays = (trie.symbol, trie.children, probability, backoff)
        return cls(*(array.tobytes() for array in arrays), np.stack([first, second]))

    @classmethod
    def load(cls, path: Path) -> "LanguageModel":
        """Load a model that `save` wrote; raise NetchuError if `path` is missing or damaged."""
        return cls.from_content(read_content(path))

    @classmethod
    def from_content(cls, content: bytes) -> "LanguageModel":
        """Return the model in the content of a file."""
        values = np.frombuffer(content, "<f4", 512).reshape(2, 256)
        nodes = (len(content) - VALUES_SIZE) // 4
        starts = [VALUES_SIZE + part * nodes for part in range(4)]
        return cls(*(content[start : start + nodes] for start in starts), values)

    def save(self, path: Path) -> None:
        """Write the model to `path`; equal models give equal files."""
        values = np.array([self._log_probabilities, self._log_backoffs], "<f4").tobytes()
        children = np.diff(np.asarray(self._first)).astype(np.uint8).tobytes()
        write_content(path, b"".join((values, self._symbol, children, self._probability, self._backoff)))

    def start(self) -> int:
        """Return the state before the first character."""
        if len(self._steps) > _MAX_CACHED_STEPS:
            self._steps.clear()
        return self._find(0, BOUNDARY)

    def step(self, state: int, symbol: int) -> tuple[float, int]:
        """Return the natural log-probability of `symbol` after `state`, and the state after it.

        `symbol` is a class of the charset, or BOUNDARY.
        """
        key = state << 8 | symbol
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self.step_uncached(state, symbol)
        return found

    def step_uncached(self, state: int, symbol: int) -> tuple[float, int]:
        """Return the same as `step`, which is faster only if the step has been made before."""
        log_probability = 0.0
        while not (node := self._find(state, symbol)):
            log_probability += self._log_backoffs[self._backoff[state]]
            state = self._suffix[state]
        return log_probability + self._log_probabilities[self._probability[node]], node

    def score(self, text: str) -> float:
        """Return the natural log-probability of a whole line; raise KeyError for a character outside the charset."""
        state, total = self.start(), 0.0
        for symbol in (*encode(text), BOUNDARY):
            log_probability, state = self.step(state, symbol)
            total += log_probability
        return total

    def _find(self, state: int, symbol: int) -> int:
        """Return the n-gram that extends `state` by `symbol`; 0 if there is none."""
        node = self._symbol.find(symbol, self._first[state], self._first[state + 1])
        if node < 0:
            return 0
        if node not in self._suffix:
            self._suffix[node] = self._find(self._suffix[state], symbol) if state else 0
        return node


def _quantize(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `values` as uint8 indices into 256 levels, and the levels.

    Up to 256 distinct values are exact. More are sorted and divided into 256 groups of equal size, each with its mean.
    """
    distinct, level = np.unique(values, return_inverse=True)
    if len(distinct) > 256:
        level[np.argsort(values, kind="stable")] = np.arange(len(values)) * 256 // len(values)
    totals, counts = np.bincount(level, values, 256), np.bincount(level, minlength=256)
    return level.astype(np.uint8), (totals / np.maximum(counts, 1)).astype(np.float32)
