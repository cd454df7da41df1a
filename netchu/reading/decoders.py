"""Decoders find the text of a line in its logits. To add one, write a function and register it in DECODERS."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from netchu.core.params import Section
from netchu.reading.beam_search import beam
from netchu.reading.decoding import greedy
from netchu.reading.language_model import LanguageModel

Network = Callable[[np.ndarray], np.ndarray]
"""Maps a line image, uint8 `(height, width)`, to its logits `(frames, classes)`."""


class BeamParams(Section):
    """Settings of the beam search, in group `decoder` of params.yaml."""

    beam_width: int = Field(ge=1, le=1000)
    language_weight: float = Field(ge=0, le=10)
    length_bonus: float = Field(ge=0, le=10)


class ReaderParts(NamedTuple):
    """The parts of a reader that decoders may use."""

    network: Network
    language_model: LanguageModel
    beam: BeamParams


def decode_greedily(logits: np.ndarray, parts: ReaderParts) -> str:
    """Return the text of the most likely path: the network alone."""
    return greedy(logits)


def decode_by_beam(logits: np.ndarray, parts: ReaderParts) -> str:
    """Return the best text of a prefix beam search with the language model."""
    width, weight, bonus = parts.beam.beam_width, parts.beam.language_weight, parts.beam.length_bonus
    return beam(logits, width, parts.language_model, weight, bonus)[0][0]


Decoder = Callable[[np.ndarray, ReaderParts], str]
"""Finds the text of a line in its logits, `(frames, classes)`."""

DECODERS: dict[str, Decoder] = {"greedy": decode_greedily, "beam": decode_by_beam}
"""All decoders by name."""

DEFAULT_DECODER = "beam"


def check_decoder(name: str) -> str:
    """Return `name`; raise ValueError if there is no such decoder."""
    if name not in DECODERS:
        raise ValueError(f"should be one of {', '.join(DECODERS)}")
    return name


DecoderName = Annotated[str, AfterValidator(check_decoder)]
"""A parameter that names a decoder."""
