"""Error rates compared with cases computed by hand, brute force and SciPy."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from netchu.evaluation.metrics import character_edits, error_rates, word_edits

LINES = st.lists(st.text("aAăắ b,", max_size=8), min_size=1, max_size=6)


def levenshtein(first, second) -> int:
    """Return the edit distance of two sequences by its definition, row by row."""
    row = list(range(len(second) + 1))
    for i, left in enumerate(first, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(second, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


@pytest.mark.parametrize(
    ("references", "predictions", "cer", "wer", "ser", "lenient_cer", "lenient_wer"),
    [
        # Equal.
        (["Hà Nội"], ["Hà Nội"], 0, 0, 0, 0, 0),
        # One wrong tone: 1 of 6 characters, 1 of 2 words.
        (["Hà Nội"], ["Ha Nội"], 16.667, 50, 100, 16.667, 50),
        # A wrong case counts only in the strict rates.
        (["Hà Nội"], ["hà Nội"], 16.667, 50, 100, 0, 0),
        # The same letters in NFD and NFC are the same text.
        (["Đường Nguyễn"], ["Đường Nguye\u0302\u0303n"], 0, 0, 0, 0, 0),
        # White space is collapsed on both sides, line ends and no-break spaces included.
        ([" Quận  1 "], ["Quận\u00a01\n"], 0, 0, 0, 0, 0),
        # A space missing: 1 of 6 characters, both words.
        (["Quận 1"], ["Quận1"], 16.667, 100, 100, 16.667, 100),
        # Empty prediction: all characters and all words.
        (["abc d"], [""], 100, 100, 100, 100, 100),
        # More insertions than characters: strict above 100, lenient 5 of 6 and 1 of 2.
        (["a"], ["a bcde"], 500, 100, 100, 83.333, 50),
        # Two empty lines are equal.
        ([""], [""], 0, 0, 0, 0, 0),
        # Insertions into an empty reference.
        ([""], ["ab"], 100, 100, 100, 100, 100),
        # An empty reference among others adds its insertions: 2 of 4 characters, 1 of 1 words; lenient (0 + 1) / 2.
        (["abcd", ""], ["abcd", "xy"], 50, 100, 50, 50, 50),
        # Summed over lines, not averaged: 1 of 10 characters; lenient (1/1 + 0/9) / 2.
        (["a", "bcdefghij"], ["x", "bcdefghij"], 10, 50, 50, 50, 50),
    ],
)
def test_computes_hand_computed_error_rates(references, predictions, cer, wer, ser, lenient_cer, lenient_wer):
    rates = error_rates(references, predictions)
    assert [rates[key] for key in ("cer", "wer", "ser")] == [cer, wer, ser]
    assert [rates[key] for key in ("lenient_cer", "lenient_wer", "lenient_ser")] == [lenient_cer, lenient_wer, ser]
    assert rates["lines"] == len(references)


@given(st.lists(st.tuples(st.text("abă ", max_size=7), st.text("abă ", max_size=7)), min_size=1, max_size=5))
def test_edits_match_brute_force(pairs):
    references, predictions = [" ".join(a.split()) for a, _ in pairs], [" ".join(b.split()) for _, b in pairs]
    characters, words = character_edits(references, predictions), word_edits(references, predictions)
    assert characters.edits.tolist() == [levenshtein(*pair) for pair in zip(references, predictions, strict=True)]
    assert characters.reference.tolist() == [len(text) for text in references]
    assert words.edits.tolist() == [
        levenshtein(one.split(), other.split()) for one, other in zip(references, predictions, strict=True)
    ]
    assert words.prediction.tolist() == [len(text.split()) for text in predictions]


@given(LINES)
def test_equal_texts_have_no_error(lines):
    rates = error_rates(lines, lines)
    assert all(value == 0 for key, value in rates.items() if key != "lines")


@given(st.text("abc", min_size=1, max_size=10), st.text("abc", min_size=1, max_size=10))
def test_edits_are_symmetric(one, other):
    assert character_edits([one], [other]).edits == character_edits([other], [one]).edits


@given(LINES, LINES)
def test_rates_and_intervals_are_in_range(references, predictions):
    size = min(len(references), len(predictions))
    rates = error_rates(references[:size], predictions[:size])
    assert all(math.isfinite(value) for value in rates.values())
    assert all(rates[f"{name}_low"] <= rates[f"{name}_high"] for name in ("cer", "wer", "ser"))
    assert all(0 <= rates[f"lenient_{name}"] <= 100 for name in ("cer", "wer", "ser"))


def test_interval_matches_scipy_bootstrap():
    rng = np.random.default_rng(0)
    references = ["".join(rng.choice(list("abcd"), rng.integers(5, 30))) for _ in range(200)]
    predictions = [
        "".join(c if rng.random() > 0.1 else "x" for c in text) if rng.random() < 0.7 else text for text in references
    ]
    rates = error_rates(references, predictions)
    edits = np.array([levenshtein(*pair) for pair in zip(references, predictions, strict=True)])
    lengths = np.array([len(text) for text in references])
    expected = scipy.stats.bootstrap(
        (edits, lengths),
        lambda e, n, axis=-1: 100 * e.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=5000,
        rng=np.random.default_rng(7),
    ).confidence_interval
    assert rates["cer_low"] == pytest.approx(expected.low, abs=0.15)
    assert rates["cer_high"] == pytest.approx(expected.high, abs=0.15)
    assert rates["cer_low"] < rates["cer"] < rates["cer_high"]


def test_same_lines_give_same_interval():
    references, predictions = ["abc", "de", "fgh"] * 10, ["abd", "de", "xxh"] * 10
    assert error_rates(references, predictions) == error_rates(references, predictions)


def test_chunks_do_not_change_interval(monkeypatch):
    references, predictions = ["abc", "de"] * 50, ["abd", "de"] * 50
    whole = error_rates(references, predictions)
    monkeypatch.setattr("netchu.evaluation.metrics._RESAMPLE_CHUNK", 700)
    assert error_rates(references, predictions) == whole


@pytest.mark.parametrize(("references", "predictions"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_rejects_unequal_numbers_of_lines(references, predictions):
    with pytest.raises(ValueError, match="pass equal numbers"):
        error_rates(references, predictions)


def test_returns_rounded_python_numbers():
    rates = error_rates(["abc", "de"], ["abd", "de"])
    names = [f"{name}{end}" for name, end in itertools.product(("cer", "wer", "ser"), ("", "_low", "_high"))]
    assert set(rates) == {"lines", *names, "lenient_cer", "lenient_wer", "lenient_ser"}
    assert all(type(value) in (int, float) and round(value, 3) == value for value in rates.values())
