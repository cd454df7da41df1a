"""Normalisation of a reading and its reference before they are compared."""

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
    """Return both texts normalised, and without case and punctuation if `folded` (if the labels have neither).

    A word of punctuation alone is dropped with its confidence if `folded`.
    """
    normalise_text = fold if folded else normalise
    words = [(text, word.confidence) for word in reading.words if (text := normalise_text(word.text))]
    prediction = " ".join(text for text, _ in words)
    return ScoredTexts(normalise_text(reference), prediction, [confidence for _, confidence in words])
