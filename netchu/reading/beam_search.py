"""From the network's logits to text: prefix beam search with a language model."""

import math
from operator import attrgetter

import numpy as np

from netchu.core.charset import BLANK, CHARSET, LOWER
from netchu.reading.decoding import log_softmax
from netchu.reading.language_model import LanguageModel
from netchu.reading.ngrams import BOUNDARY

_FLOOR = 1e-4
"""Classes less likely than this in a frame are not tried there."""

_HOPELESS = 1e-4
"""Nor is a prefix begun with a mass that is less than this share of the best one's."""


class _Prefix:
    """The beginning of a text; masses are of the paths that spell it so far, times what the text itself is worth."""

    __slots__ = (
        *("text", "symbol", "state", "following", "frame"),
        *("blank", "character", "mass", "next_blank", "next_character"),
    )

    def __init__(self, text: str, symbol: int, state: int):
        self.text, self.symbol, self.state = text, symbol, state
        self.following: dict[int, tuple[float, _Prefix]] = {}  # with what the symbol is worth
        self.frame = -1  # to which the next masses belong
        self.blank = self.character = self.mass = 0.0  # of paths that end in a blank, in the last character, in either


def beam(
    logits: np.ndarray,
    width: int,
    language_model: LanguageModel | None = None,
    weight: float = 0.0,
    bonus: float = 0.0,
) -> list[tuple[str, float]]:
    """Texts found by prefix beam search over `logits`, `(frames, classes)`, `width` prefixes a frame; the best first.

    With each text comes its score, in nats less than the best's.

    A text's score is log P(text | logits), the sum over all paths that spell it, + `weight` * log P(text in lower case)
    by `language_model` + `bonus` * its characters (Hannun et al. 2014). Which case a letter has is for the network
    alone to tell: labels are no guide to it. What a frame or a prefix gives less than 0.0001 is left out.
    """
    probabilities = np.exp(log_softmax(logits.astype(np.float32)))
    tried: list[list[tuple[int, float]]] = [[] for _ in probabilities]
    frames, classes = np.nonzero(probabilities[:, :BLANK] > _FLOOR)
    likely = probabilities[frames, classes].tolist()
    for frame, symbol, probability in zip(frames.tolist(), classes.tolist(), likely, strict=True):
        tried[frame].append((symbol, probability))
    root = _Prefix("", -1, language_model.start() if language_model else 0)
    root.blank = root.mass = 1.0
    prefixes = [root]
    for frame, (candidates, blank) in enumerate(zip(tried, probabilities[:, BLANK].tolist(), strict=True)):
        if not candidates:  # every path goes on with a blank
            for prefix in prefixes:
                prefix.blank, prefix.character = prefix.mass, 0.0
            continue
        repeated = dict(candidates)
        for prefix in prefixes:
            prefix.frame = frame
            prefix.next_blank = prefix.mass * blank
            prefix.next_character = prefix.character * repeated.get(prefix.symbol, 0.0)
        reached = list(prefixes)
        for prefix in prefixes:
            for symbol, probability in candidates:
                mass = (prefix.blank if symbol == prefix.symbol else prefix.mass) * probability
                if mass < _HOPELESS:
                    continue
                following = prefix.following.get(symbol)
                if following is None:
                    worth, state = bonus, 0
                    if language_model:
                        log_probability, state = language_model.step(prefix.state, LOWER[symbol])
                        worth += weight * log_probability
                    following = math.exp(worth), _Prefix(prefix.text + CHARSET[symbol], symbol, state)
                    prefix.following[symbol] = following
                worth, child = following
                if child.frame < frame:
                    child.frame, child.next_blank, child.next_character = frame, 0.0, 0.0
                    reached.append(child)
                child.next_character += mass * worth
        for prefix in reached:
            prefix.mass = prefix.next_blank + prefix.next_character
        reached.sort(key=attrgetter("mass"), reverse=True)
        prefixes = reached[:width]
        scale = 1 / prefixes[0].mass  # so that the best mass is 1
        for prefix in prefixes:
            prefix.blank, prefix.character = prefix.next_blank * scale, prefix.next_character * scale
            prefix.mass *= scale
    if language_model:
        for prefix in prefixes:
            prefix.mass *= math.exp(weight * language_model.step(prefix.state, BOUNDARY)[0])
    best = max(prefix.mass for prefix in prefixes)
    prefixes.sort(key=attrgetter("mass"), reverse=True)
    return [(prefix.text, math.log(prefix.mass / best)) for prefix in prefixes if prefix.mass > best * _HOPELESS]
