"""Decoders, which find the text of a line. To add one, write a function and add it to DECODERS.

The command line offers the decoders before it imports NumPy, so each function imports what it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from netchu.core.settings import check_number

if TYPE_CHECKING:
    import numpy as np

    from netchu.reading.language_model import CharacterModel


@dataclass(frozen=True, kw_only=True)
class BeamParams:
    """Settings of the beam search, in group `decoder` of params.yaml; raises ValueError for an impossible one."""

    beam_width: int  # 1 to 1000
    language_weight: float  # 0 to 10
    length_bonus: float  # 0 to 10

    def __post_init__(self):
        check_number("beam_width", self.beam_width, int, 1, 1000)
        check_number("language_weight", self.language_weight, float, 0, 10)
        check_number("length_bonus", self.length_bonus, float, 0, 10)


class DecoderParts(NamedTuple):
    """The parts of a reader that decoders use besides the logits."""

    language_model: "CharacterModel"
    beam: BeamParams


def decode_greedily(logits: "np.ndarray", parts: DecoderParts) -> str:
    """Return the text of the most likely path, without the language model."""
    from netchu.reading.decoding import decode_best_path

    return decode_best_path(logits)


def decode_by_beam(logits: "np.ndarray", parts: DecoderParts) -> str:
    """Return the text that a prefix beam search with the language model finds."""
    from netchu.reading.beam_search import beam_search

    beam = parts.beam
    return beam_search(logits, beam.beam_width, parts.language_model, beam.language_weight, beam.length_bonus)


Decoder = Callable[["np.ndarray", DecoderParts], str]
"""Finds the text of a line, given its logits, `(frames, classes)`."""

DECODERS: dict[str, Decoder] = {"greedy": decode_greedily, "beam": decode_by_beam}
"""All decoders by name."""

DEFAULT_DECODER = "beam"


def check_decoder(name: str) -> str:
    """Return `name`; raise ValueError if there is no such decoder."""
    if name not in DECODERS:
        raise ValueError(f"should be one of {', '.join(DECODERS)}")
    return name
