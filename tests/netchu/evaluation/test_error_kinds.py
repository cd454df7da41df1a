"""Kinds of edits: each is classified, and together they are the edits of the CER."""

import csv
import itertools
import unicodedata
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.charset import CHARSET, normalise
from netchu.evaluation.error_kinds import ERROR_KINDS, LetterParts, align_texts, edit_kinds, share_edits, split_letter
from netchu.evaluation.metrics import character_edits
from tests.netchu.evaluation.test_metrics import levenshtein

ROOT = Path(__file__).parents[3]
VIETNAMESE = st.text(CHARSET, max_size=12).map(normalise)
ANYTHING = st.text(max_size=12).map(normalise)


@pytest.mark.parametrize(
    ("letter", "parts"),
    [
        ("a", ("a", "", "", False)),
        ("Ộ", ("o", "\u0302", "\u0323", True)),
        ("ự", ("u", "\u031b", "\u0323", False)),
        ("ẵ", ("a", "\u0306", "\u0303", False)),
        ("Ỷ", ("y", "", "\u0309", True)),
        ("đ", ("d", "\u0335", "", False)),
        ("Đ", ("d", "\u0335", "", True)),
        ("ç", ("c", "\u0327", "", False)),
    ],
)
def test_splits_letter(letter, parts):
    assert split_letter(letter) == LetterParts(*parts)


def test_parts_recompose_to_letter():
    for letter in filter(str.isalpha, CHARSET):
        base, mark, tone, capital = split_letter(letter)
        spelt = "đ" if (base, mark) == ("d", "\u0335") else unicodedata.normalize("NFC", base + mark + tone)
        assert (spelt.upper() if capital else spelt) == letter


@pytest.mark.parametrize(
    ("reference", "prediction", "kinds"),
    [
        ("a", "a", ""),
        ("a", "o", "base"),
        ("n", "m", "base"),
        ("ô", "ơ", "mark"),
        ("đ", "d", "mark"),
        ("ă", "a", "mark"),
        ("á", "à", "tone"),
        ("a", "ạ", "tone"),
        ("a", "A", "case"),
        ("Ế", "e", "mark tone case"),
        ("ế", "é", "mark"),
        ("ế", "ê", "tone"),
        ("ế", "ố", "base"),  # mark and tone are correct
        ("ú", "n", "base tone"),
        ("Đ", "a", "base mark case"),
        ("1", "7", "digit"),
        ("8", "B", "digit"),
        ("o", "0", "digit"),
        (",", ".", "punctuation"),
        (",", "1", "punctuation"),
        ("i", "/", "punctuation"),
        (" ", "a", "space"),
        (",", " ", "space"),
        ("", " ", "space"),
        (" ", "", "space"),
        ("", ",", "punctuation"),
        (",", "", "punctuation"),
        ("", "a", "insertion"),
        ("", "7", "insertion"),
        ("ế", "", "deletion"),
        ("ſ", "s", "base"),  # foreign letters with equal parts
    ],
)
def test_classifies_edit(reference, prediction, kinds):
    assert " ".join(edit_kinds(reference, prediction)) == kinds


@pytest.mark.parametrize(
    ("reference", "prediction", "pairs"),
    [
        ("", "", []),
        ("ab", "", ["a-", "b-"]),
        ("", "ab", ["-a", "-b"]),
        ("Hà", "Hả", ["HH", "àả"]),
        # The unpaired letter is the missing one, not its neighbour.
        ("đường", "dơng", ["đd", "ư-", "ờơ", "nn", "gg"]),
        ("thuý", "thý", ["tt", "hh", "u-", "ýý"]),
        ("Giỏi", "Gới", ["GG", "i-", "ỏớ", "ii"]),
        ("1a", "b", ["1-", "ab"]),
        ("a,", ".", ["a-", ",."]),
    ],
)
def test_aligns_similar_characters(reference, prediction, pairs):
    assert align_texts(reference, prediction) == [tuple(character.strip("-") for character in pair) for pair in pairs]


@given(VIETNAMESE | ANYTHING, VIETNAMESE | ANYTHING)
def test_shares_add_up_to_edits(reference, prediction):
    pairs = align_texts(reference, prediction)
    assert "".join(first for first, _ in pairs) == reference
    assert "".join(second for _, second in pairs) == prediction
    assert all(first or second for first, second in pairs)
    shares = share_edits(pairs)
    assert tuple(shares) == ERROR_KINDS and all(share >= 0 for share in shares.values())
    edits = levenshtein(reference, prediction)
    assert sum(shares.values()) == edits == sum(first != second for first, second in pairs)
    assert character_edits([reference], [prediction]).edits.tolist() == [edits]


@given(st.text("aáâÂb", max_size=4), st.text("aáâÂb", max_size=4))
def test_alignment_has_fewest_edits_then_most_similar_characters(reference, prediction):
    """Compare with all possible alignments."""

    @cache
    def alignments(i, j):
        found = [()] if (i, j) == (0, 0) else []
        found += [(*head, (reference[i - 1], "")) for head in (alignments(i - 1, j) if i else [])]
        found += [(*head, ("", prediction[j - 1])) for head in (alignments(i, j - 1) if j else [])]
        if i and j:
            found += [(*head, (reference[i - 1], prediction[j - 1])) for head in alignments(i - 1, j - 1)]
        return found

    def cost(alignment):
        edits = [pair for pair in alignment if pair[0] != pair[1]]
        return len(edits), sum(4 if kind == "base" else 1 for pair in edits if all(pair) for kind in edit_kinds(*pair))

    assert cost(align_texts(reference, prediction)) == min(map(cost, alignments(len(reference), len(prediction))))


def test_shares_edits_of_line():
    """Ế is read as e, a space omitted, 1 read as l, a full stop read as a comma, t omitted, x inserted, m read as n."""
    pairs = [("Ế", "e"), (" ", ""), ("1", "l"), (".", ","), ("t", ""), ("", "x"), ("m", "n"), ("b", "b")]
    third = Fraction(1, 3)
    assert share_edits(pairs) == {
        "base": 1, "mark": third, "tone": third, "case": third, "digit": 1, "punctuation": 1, "space": 1,
        "insertion": 1, "deletion": 1,
    }  # fmt: skip


def test_shares_add_up_on_committed_predictions():
    with (ROOT / "metrics" / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    references, predictions = [row["reference"] for row in rows], [row["prediction"] for row in rows]
    pairs = list(itertools.chain.from_iterable(map(align_texts, references, predictions)))
    edits = int(character_edits(references, predictions).edits.sum())
    assert edits > 0
    assert sum(share_edits(pairs).values()) == edits
    assert sum(first != second for first, second in pairs) == edits
