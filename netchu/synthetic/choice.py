"""Random choice, shared by the generators of text."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


def choose(rng: np.random.Generator, choices: Sequence[Choice]) -> Choice:
    """Return one of `choices`, each with the same probability."""
    return choices[int(rng.integers(len(choices)))]
