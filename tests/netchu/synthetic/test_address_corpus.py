"""The corpus: every ward, both styles, the labels, no foreign character; always the same."""

import re

import pytest

from netchu.core.charset import normalise, unknown_characters
from netchu.core.folding import fold
from netchu.synthetic.address_corpus import address_corpus
from netchu.synthetic.addresses import units

LABELS = [
    "Số 253 đường Trần Phú, Phường Thắng Tam, Thành phố Vũng Tàu, Bà Rịa - Vũng Tàu",
    "Tdp 1 Tt Đak Pơ Đăk Pơ Gia Lai",
    "12 ngõ 5 Hàng Bông",
    "東京",
    "",
]


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return address_corpus(LABELS, rounds=1, seed=1)


def test_labels_are_in_except_those_that_cannot_be_written(corpus):
    assert set(LABELS[:3]) <= set(corpus)
    assert not set(LABELS[3:]) & set(corpus)
    assert all(line == normalise(line) and not unknown_characters(line) for line in corpus)
    assert corpus == sorted(set(corpus))


def test_both_styles_and_most_wards_occur(corpus):
    sentences = [line for line in corpus if ", " in line]
    assert 0.4 < len(sentences) / len(corpus) < 0.6
    text = fold("\n".join(corpus))
    assert sum(fold(unit.ward) in text for unit in units()) > 0.9 * len(units())


def test_districts_follow_the_labels(corpus):
    assert sum("Vũng Tàu" in line for line in corpus) > 0.2 * len(corpus)


def test_labels_beginnings_are_used_with_other_digits(corpus):
    beginnings = {line.split(",")[0] for line in corpus if "đường Trần Phú" in line}
    assert len(beginnings) > 100


def test_same_seed_same_lines(corpus):
    assert address_corpus(LABELS[::-1], rounds=1, seed=1) == corpus
    assert address_corpus(LABELS, rounds=1, seed=2) != corpus


def test_without_labels_there_are_addresses():
    assert len(address_corpus([], rounds=1, seed=1)) > 15000


@pytest.mark.parametrize("digits", [18, 19, 20, 4000])
def test_varies_numbers_of_any_length(digits):
    lines = address_corpus([f"Số {'9' * digits} đường Trần Phú, Vũng Tàu, Bà Rịa - Vũng Tàu"], rounds=1, seed=1)
    numbers = {match[1] for line in lines if (match := re.match(r"Số ([1-9]\d*) đường Trần Phú", line))}
    assert len(numbers) > 100 and {len(number) for number in numbers} >= {digits}
