"""Several language models as one, which chooses between them by the text read so far."""

import math
from collections.abc import Sequence
from operator import mul

from netchu.core.charset import encode
from netchu.reading.language_model import CharacterModel, LanguageModel, StepCache
from netchu.reading.ngrams import BOUNDARY

_SWITCHED = 0.02
"""Share of the weights that is distributed anew after each word; 0.005 to 0.1 hardly differ on validation texts."""

_UNKNOWN = 0.02
"""Share of texts, and of the weights distributed anew, that no language model knows."""

_MAX_CACHED_STEPS = 200_000
"""Steps kept from line to line, about 80 MB; the cache is then cleared."""

(_SPACE,) = encode(" ")


class LanguageModelMixture:
    """Language models of several kinds of text, each weighted by how well it has predicted the line so far.

    Initially all models have the same weight. After each symbol, the weights are multiplied by the probabilities that
    the models gave to it (Bayes' rule), so a line of addresses soon has the model of addresses alone. At each space, a
    small share of the weights is distributed anew (fixed share, Herbster and Warmuth 1998), so the kind of text may
    change within a line.

    Text that no model knows, such as a code or a foreign word, counts as a further kind. Each of its characters has the
    probability `neutral`. A text is therefore never much less likely than `neutral` to the power of its length, however
    unlikely all models find it, and what is written clearly is kept. Threads may share one mixture.

    Example:
        mixture = LanguageModelMixture([addresses, general], neutral=math.exp(-2.5))
        log_probability, state = mixture.step(mixture.start(), encode("t")[0])
    """

    def __init__(self, models: Sequence[LanguageModel], neutral: float):
        # With each model, the position of its state in a number that joins the states of all. Unlike a tuple, such a
        # number costs the garbage collector nothing.
        self._models = [(model, 32 * index) for index, model in enumerate(models)]
        self._neutral = neutral
        self._shares = (*[(1 - _UNKNOWN) / len(models)] * len(models), _UNKNOWN)
        self._switched = [_SWITCHED * share for share in self._shares]
        self._steps: dict[int, tuple[tuple[float, ...], int]] = StepCache()

    def start(self) -> tuple[int, tuple[float, ...]]:
        """Return the state before the first character: the models' states as one number, and the weights."""
        if len(self._steps) > _MAX_CACHED_STEPS:
            self._steps.clear()
        return sum(model.start() << shift for model, shift in self._models), self._shares

    def step(self, state: tuple[int, tuple[float, ...]], symbol: int) -> tuple[float, tuple[int, tuple[float, ...]]]:
        """Return the natural log-probability of `symbol` after `state`, and the state after it."""
        joined, weights = state
        key = joined << 8 | symbol
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = self._step_each(joined, symbol)
        probabilities, joined = found
        joint = list(map(mul, weights, probabilities))
        total = sum(joint)
        if symbol == _SPACE:
            kept = (1 - _SWITCHED) / total
            joint = [kept * value + switched for value, switched in zip(joint, self._switched, strict=True)]
        else:
            joint = [value / total for value in joint]
        return math.log(total), (joined, tuple(joint))

    def _step_each(self, joined: int, symbol: int) -> tuple[tuple[float, ...], int]:
        """Return the probability of `symbol` for each kind of text, and the states after it as one number."""
        probabilities, joined_after = [], 0
        for model, shift in self._models:
            # Not cached, because the mixture caches the result.
            log_probability, state = model.step_uncached(joined >> shift & 0xFFFFFFFF, symbol)
            probabilities.append(math.exp(log_probability))
            joined_after |= state << shift
        probabilities.append(1.0 if symbol == BOUNDARY else self._neutral)
        return tuple(probabilities), joined_after


def combine(models: Sequence[LanguageModel], language_weight: float, length_bonus: float) -> CharacterModel:
    """Return the only one of `models`, or a mixture for a beam search with that weight and bonus.

    For a text that no model knows, the weighted language model and the bonus cancel each other out, so the score of the
    beam search is that of the network alone.
    """
    if len(models) == 1:
        return models[0]
    return LanguageModelMixture(models, math.exp(-length_bonus / language_weight) if language_weight else 1.0)
