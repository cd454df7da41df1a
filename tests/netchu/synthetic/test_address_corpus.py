"""Tests of the corpus: every ward, both styles, all labels in the charset; equal seeds give equal lines."""

import re

import pytest

from netchu.core.charset import normalise, unknown_characters
from netchu.core.folding import fold
from netchu.synthetic.address_corpus import address_corpus
from netchu.synthetic.addresses import units, units_since_2025

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


def test_contains_labels_in_the_charset(corpus):
    assert set(LABELS[:3]) <= set(corpus)
    assert not set(LABELS[3:]) & set(corpus)
    assert all(line == normalise(line) and not unknown_characters(line) for line in corpus)
    assert corpus == sorted(set(corpus))


def test_contains_both_styles_and_most_wards(corpus):
    sentences = [line for line in corpus if ", " in line]
    assert 0.4 < len(sentences) / len(corpus) < 0.6
    text = fold("\n".join(corpus))
    assert sum(fold(unit.ward) in text for unit in units()) > 0.9 * len(units())
    since_2025 = [unit for unit in units_since_2025() if not unit.ward.isdigit()]
    assert sum(fold(f"{unit.ward} {unit.province}") in text for unit in since_2025) > 0.5 * len(since_2025)


def test_draws_the_districts_of_the_labels_more_often(corpus):
    assert sum("Vũng Tàu" in line for line in corpus) > 0.15 * len(corpus)


def test_varies_the_digits_in_beginnings_of_labels(corpus):
    beginnings = {line.split(",")[0] for line in corpus if "đường Trần Phú" in line}
    assert len(beginnings) > 100


def test_depends_on_the_set_of_labels_and_the_seed(corpus):
    assert address_corpus(LABELS[::-1], rounds=1, seed=1) == corpus
    assert address_corpus(LABELS, rounds=1, seed=2) != corpus


def test_makes_addresses_without_labels():
    assert len(address_corpus([], rounds=1, seed=1)) > 15000


@pytest.mark.parametrize("digits", [18, 19, 20, 4000])
def test_varies_numbers_of_any_length(digits):
    lines = address_corpus([f"Số {'9' * digits} đường Trần Phú, Vũng Tàu, Bà Rịa - Vũng Tàu"], rounds=1, seed=1)
    numbers = {match[1] for line in lines if (match := re.match(r"Số ([1-9]\d*) đường Trần Phú", line))}
    assert len(numbers) > 100 and {len(number) for number in numbers} >= {digits}
