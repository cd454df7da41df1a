"""Normalisation of a reading and its reference, and the confidences of the remaining words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import CHARSET
from netchu.core.folding import LabelStyle
from netchu.evaluation.scoring import normalise_for_scoring
from netchu.reading.line_reading import LineReading, WordReading


def reading(text: str) -> LineReading:
    """Return a reading of `text` whose words have the confidences 0.1, 0.2, and so on."""
    words = enumerate(text.split(), start=1)
    return LineReading(text, tuple(WordReading(word, number / 10, 0, 1) for number, word in words))


@pytest.mark.parametrize(
    ("reference", "read", "style", "expected"),
    [
        ("Số 9", "Số  9 ", LabelStyle.EXACT, ("Số 9", "Số 9", [0.1, 0.2])),
        (" Số\u00a09,  Q.1 ", "số 9 , Q1", LabelStyle.EXACT, ("Số 9, Q.1", "số 9 , Q1", [0.1, 0.2, 0.3, 0.4])),
        ("So\u0302\u0301 9", "Số 9", LabelStyle.EXACT, ("Số 9", "Số 9", [0.1, 0.2])),
        ("Số 9, Q.1", "số 9 , Q1", LabelStyle.FOLDED, ("số 9 q1", "số 9 q1", [0.1, 0.2, 0.4])),
        ("12/3 Đăk P'lô", "12/3 - ĐĂK p'lô .", LabelStyle.FOLDED, ("12/3 đăk p'lô", "12/3 đăk p'lô", [0.1, 0.3, 0.4])),
        ("Số 9, Q.1", "SỐ 9 , q1 -", LabelStyle.UNCASED, ("số 9, q.1", "số 9 , q1 -", [0.1, 0.2, 0.3, 0.4, 0.5])),
        ("SO\u0302\u0301", "số", LabelStyle.UNCASED, ("số", "số", [0.1])),
        ("...", ", -", LabelStyle.FOLDED, ("", "", [])),
        ("", "", LabelStyle.EXACT, ("", "", [])),
    ],
)
def test_normalises_both_texts(reference, read, style, expected):
    assert normalise_for_scoring(reference, reading(read), style) == expected


@given(st.text(CHARSET), st.sampled_from(LabelStyle))
def test_correct_reading_equals_reference(text, style):
    scored = normalise_for_scoring(text, reading(text), style)
    assert scored.reference == scored.prediction
    assert len(scored.confidences) == len(scored.prediction.split())
