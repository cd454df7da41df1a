"""Decoders, which find the text of a line. To add one, write a function and add it to DECODERS."""

from collections.abc import Callable
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from netchu.core.charset import encode
from netchu.core.params import Section
from netchu.reading.alignment import text_log_probabilities
from netchu.reading.beam_search import beam_search
from netchu.reading.decoding import decode_best_path, log_softmax
from netchu.reading.language_model import CharacterModel

Network = Callable[[np.ndarray], np.ndarray]
"""Maps a line image, uint8 `(height, width)`, to its logits `(frames, classes)`."""


class BeamParams(Section):
    """Settings of the beam search, in group `decoder` of params.yaml."""

    beam_width: int = Field(ge=1, le=1000)
    language_weight: float = Field(ge=0, le=10)
    length_bonus: float = Field(ge=0, le=10)


UNREADABLE = -20.0
"""Log-probability, in nats, of a text to which the second network gives a much smaller one. With -8 a second network of
addresses helps real addresses less, with -24 it spoils more of other texts."""


class ReaderParts(NamedTuple):
    """The parts of a reader that decoders may use."""

    network: Network
    second_network: Network | None
    language_model: CharacterModel
    beam: BeamParams


def decode_greedily(image: np.ndarray, logits: np.ndarray, parts: ReaderParts) -> str:
    """Return the text of the most likely path, without the language model."""
    return decode_best_path(logits)


def decode_by_beam(image: np.ndarray, logits: np.ndarray, parts: ReaderParts) -> str:
    """Return the best text of a prefix beam search with the language model.

    A second network, if the reader has one, adds its log-probability to the score of each text found (rescoring of
    n-best lists, Ostendorf et al. 1991). The logits of two networks cannot be averaged, because they place the same
    letter in different frames. The second network decides on letters and digits alone: texts that differ only in case,
    punctuation and spaces share the log-probability of the likeliest of them, so it does not prefer "TP HCM" to
    "TP.HCM" because addresses usually have it. No text counts as less likely than UNREADABLE, so the second network has
    no influence on lines that it cannot read, such as general text if it was trained on addresses.
    """
    width, weight, bonus = parts.beam.beam_width, parts.beam.language_weight, parts.beam.length_bonus
    texts, scores = zip(*beam_search(logits, width, parts.language_model, weight, bonus), strict=True)
    if len(texts) == 1 or parts.second_network is None:
        return texts[0]
    likely: dict[str, float] = {}
    letters = ["".join(filter(str.isalnum, text.lower())) for text in texts]
    second_scores = text_log_probabilities(log_softmax(parts.second_network(image)), list(map(encode, texts)))
    for key, score in zip(letters, second_scores, strict=True):
        likely[key] = max(likely.get(key, UNREADABLE), score)
    return max(zip(scores, letters, texts, strict=True), key=lambda found: found[0] + likely[found[1]])[2]


Decoder = Callable[[np.ndarray, np.ndarray, ReaderParts], str]
"""Finds the text of a line image, uint8 `(height, width)`, given its logits, `(frames, classes)`."""

DECODERS: dict[str, Decoder] = {"greedy": decode_greedily, "beam": decode_by_beam}
"""All decoders by name."""

RESCORING_DECODERS = ("beam",)
"""Names of the decoders that use the second network."""

DEFAULT_DECODER = "beam"


def check_decoder(name: str) -> str:
    """Return `name`; raise ValueError if there is no such decoder."""
    if name not in DECODERS:
        raise ValueError(f"should be one of {', '.join(DECODERS)}")
    return name


DecoderName = Annotated[str, AfterValidator(check_decoder)]
"""A parameter that names a decoder."""
