"""Tests of folding: texts and classes without case and punctuation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import BLANK, CHARSET, decode, encode
from netchu.core.folding import FOLDED_CLASSES, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Số 12, Đường Lê Lợi", "số 12 đường lê lợi"),
        ("TP.HCM - Q.1", "tphcm q1"),
        ("397/54 H'Mông", "397/54 h'mông"),  # the slash and the apostrophe stay
        (" , ", ""),
        ("", ""),
        ("ĐẶNG ƠƯ", "đặng ơư"),
    ],
)
def test_folds_text(text, folded):
    assert fold(text) == folded


@given(st.text(alphabet=CHARSET))
def test_folds_classes_as_it_folds_text(text):
    classes = [FOLDED_CLASSES[index] for index in encode(text)]
    assert " ".join(decode([index for index in classes if index != BLANK]).split()) == fold(text)
    assert fold(fold(text)) == fold(text)


def test_keeps_the_blank():
    assert len(FOLDED_CLASSES) == len(CHARSET) + 1 and FOLDED_CLASSES[BLANK] == BLANK
