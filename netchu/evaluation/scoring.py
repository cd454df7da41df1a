"""A reading beside its reference, both as they are scored."""

from typing import NamedTuple

from netchu.core.charset import normalise
from netchu.core.folding import fold
from netchu.reading.line_reading import LineReading


class Scored(NamedTuple):
    """Two texts to compare, and how sure the reader was of each word of its own."""

    reference: str
    prediction: str
    confidences: list[float]  # of the prediction's words, 0 to 1


def score(reference: str, reading: LineReading, folded: bool) -> Scored:
    """Normalise both texts; where labels say nothing of case and punctuation (`folded`), drop these from both."""
    scored = fold if folded else normalise
    # Word by word, because a word that was only punctuation may be gone.
    words = [(text, word.confidence) for word in reading.words if (text := scored(word.text))]
    return Scored(scored(reference), " ".join(text for text, _ in words), [confidence for _, confidence in words])
