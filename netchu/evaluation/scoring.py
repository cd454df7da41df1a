"""Normalises a reading and its reference before they are compared."""

from typing import NamedTuple

from netchu.core.charset import normalise
from netchu.core.folding import fold
from netchu.reading.line_reading import LineReading


class ScoredTexts(NamedTuple):
    """A normalised reference and prediction, and the confidence of each word of the prediction."""

    reference: str
    prediction: str
    confidences: list[float]  # 0 to 1


def normalise_for_scoring(reference: str, reading: LineReading, folded: bool) -> ScoredTexts:
    """Normalise both texts; with `folded` (labels without case and punctuation), also drop case and punctuation.

    A word that folding leaves empty is dropped with its confidence.
    """
    normalise_text = fold if folded else normalise
    words = [(text, word.confidence) for word in reading.words if (text := normalise_text(word.text))]
    prediction = " ".join(text for text, _ in words)
    return ScoredTexts(normalise_text(reference), prediction, [confidence for _, confidence in words])
