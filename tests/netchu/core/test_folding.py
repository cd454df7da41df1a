"""Tests of folding: texts and classes without case and punctuation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import BLANK, CHARSET, decode, encode
from netchu.core.folding import FOLDED_CLASSES, UNCASED_CLASSES, LabelsParams, LabelStyle, fold


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


@given(st.text(alphabet=CHARSET))
def test_lowers_classes_as_it_lowers_text(text):
    assert decode([UNCASED_CLASSES[index] for index in encode(text)]) == LabelStyle.UNCASED.reduce(text)


@pytest.mark.parametrize("classes", [FOLDED_CLASSES, UNCASED_CLASSES])
def test_keeps_the_blank(classes):
    assert len(classes) == len(CHARSET) + 1 and classes[BLANK] == BLANK


def test_finds_the_style_of_a_source():
    labels = LabelsParams(uncased=["b"], folded=["c"])
    assert [labels.style_of(source).reduce("Số 9, Q.1") for source in "abc"] == ["Số 9, Q.1", "số 9, q.1", "số 9 q1"]


def test_rejects_a_source_with_two_styles():
    with pytest.raises(ValueError, match="b: name a source in folded or in uncased, not in both"):
        LabelsParams(uncased=["a", "b"], folded=["b"])
