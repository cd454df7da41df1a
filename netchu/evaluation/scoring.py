"""Normalisation of a reading and its reference before they are compared."""

from typing import NamedTuple

from netchu.core.charset import normalise
from netchu.core.folding import LabelStyle
from netchu.reading.line_reading import LineReading


class ScoredTexts(NamedTuple):
    """A normalised reference and prediction, and the confidence of each word of the prediction."""

    reference: str
    prediction: str
    confidences: list[float]  # 0 to 1


def normalise_for_scoring(reference: str, reading: LineReading, style: LabelStyle) -> ScoredTexts:
    """Return both texts normalised, and reduced to what labels of `style` keep (`LabelStyle.reduce`).

    A word of punctuation alone is dropped with its confidence if the labels have no punctuation.
    """

    def reduce(text: str) -> str:
        return style.reduce(normalise(text))

    words = [(text, word.confidence) for word in reading.words if (text := reduce(word.text))]
    prediction = " ".join(text for text, _ in words)
    return ScoredTexts(reduce(reference), prediction, [confidence for _, confidence in words])
