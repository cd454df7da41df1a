"""Tables of errors compared with cases computed by hand, scikit-learn and pandas."""

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from netchu.evaluation.error_kinds import TONES
from netchu.evaluation.error_tables import (
    CONFUSIONS,
    WRITERS,
    cer_by,
    cer_by_kind,
    cer_by_length,
    cer_by_writer,
    letter_confusions,
    tone_confusions,
)
from netchu.evaluation.metrics import Edits, character_edits


def cells(rows):
    """Return the counts by reference and prediction, without zeros."""
    return {(row["reference"], row["prediction"]): row["count"] for row in rows if row["count"]}


def edits_of(*pairs):
    return character_edits(*zip(*pairs, strict=True))


def test_splits_cer_by_kind():
    """Ten characters, three edits in two lines: ế read as e is half a mark and half a tone, as is ổ read as o."""
    edits = edits_of(("ếa b", "ea b"), ("tổ 12", "to 72"), ("x", "x"))
    assert cer_by_kind([[("ế", "e"), ("a", "a")], [("ổ", "o"), ("1", "7")], [("x", "x")]], edits) == [
        {"kind": kind, "cer": cer, "lines": lines}
        for kind, cer, lines in [
            ("base", 0, 0), ("mark", 10, 2), ("tone", 10, 2), ("case", 0, 0), ("digit", 10, 1), ("punctuation", 0, 0),
            ("space", 0, 0), ("insertion", 0, 0), ("deletion", 0, 0),
        ]
    ]  # fmt: skip


def test_counts_tone_confusions():
    pairs = [("a", "a"), ("Ế", "é"), ("ế", "ề"), ("á", "o"), ("ỹ", "y"), ("d", "đ"), ("à", ""), ("", "à"), ("ạ", "1")]
    pairs += [("ú", "n"), ("ợ", "Ậ"), (" ", "á"), (",", ",")]
    rows = tone_confusions(pairs)
    assert cells(rows) == {
        ("ngang", "ngang"): 1,
        ("sắc", "sắc"): 1,
        ("sắc", "huyền"): 1,
        ("sắc", "ngang"): 1,
        ("ngã", "ngang"): 1,
        ("nặng", "nặng"): 1,
    }
    percent = {(row["reference"], row["prediction"]): row["percent"] for row in rows}
    assert percent["sắc", "huyền"] == 33.33 and percent["ngã", "ngang"] == 100 and percent["hỏi", "hỏi"] == 0


def test_lists_all_tones_in_order():
    names = ["ngang", "huyền", "sắc", "hỏi", "ngã", "nặng"]
    assert [row["reference"] for row in tone_confusions([])[::6]] == names
    assert [row["prediction"] for row in tone_confusions([])[:6]] == names


@given(st.lists(st.tuples(st.sampled_from("aàáảãạ"), st.sampled_from("ưừứửữự"))))
def test_tone_counts_match_scikit_learn(pairs):
    tones = [("aàáảãạ".index(one), "ưừứửữự".index(other)) for one, other in pairs]
    expected = confusion_matrix(*zip(*tones, strict=True), labels=range(6)) if tones else np.zeros((6, 6))
    assert [row["count"] for row in tone_confusions(pairs)] == expected.ravel().tolist()


def test_letter_confusions_ignore_tone_and_case():
    pairs = [("ắ", "ế"), ("Ă", "ê"), ("á", "à"), ("A", "a"), ("đ", "d"), ("8", "B"), ("a", ""), (",", "."), ("ă", "ằ")]
    assert letter_confusions(pairs) == [
        {"reference": "ă", "prediction": "ê", "count": 2, "percent": 66.67},
        {"reference": "8", "prediction": "b", "count": 1, "percent": 100.0},
        {"reference": "đ", "prediction": "d", "count": 1, "percent": 100.0},
    ]


def test_keeps_most_frequent_letter_confusions():
    pairs = [(one, other) for n, one in enumerate("bcdghklmn") for other in "pqrst" for _ in range(n + 1)]
    rows = letter_confusions(pairs)
    assert len(rows) == CONFUSIONS
    assert {row["reference"] for row in rows} == set("klmn") and rows[0]["count"] == 9


def test_cer_by_group_matches_pandas():
    rng = np.random.default_rng(0)
    edits = Edits(rng.integers(0, 5, 100), rng.integers(1, 20, 100), rng.integers(1, 20, 100))
    groups = [f"g{n}" for n in rng.integers(0, 7, 100)]
    table = pd.DataFrame({"g": groups, "edits": edits.edits, "length": edits.reference}).groupby("g").sum()
    rows = cer_by("source", groups, edits)
    assert [row["source"] for row in rows] == sorted(set(groups))
    assert [row["cer"] for row in rows] == (100 * table["edits"] / table["length"]).round(3).tolist()
    assert sum(row["lines"] for row in rows) == 100


@pytest.mark.parametrize(("pair", "cer"), [(("", ""), 0), (("", "ab"), 100), (("a", "bcd"), 300)])
def test_cer_of_empty_references(pair, cer):
    assert cer_by("source", ["x"], edits_of(pair)) == [{"source": "x", "cer": cer, "lines": 1}]


def test_bins_lengths():
    edits = edits_of(("a" * 9, ""), ("a" * 10, "a" * 10), ("b" * 14, "b" * 13), ("c" * 15, "c" * 15), ("", ""))
    assert cer_by_length(edits) == [
        {"characters": 2, "cer": 0.0, "lines": 1},
        {"characters": 7, "cer": 100.0, "lines": 1},
        {"characters": 12, "cer": round(100 / 24, 3), "lines": 2},
        {"characters": 17, "cer": 0.0, "lines": 1},
    ]


def test_sorts_writers_and_merges_unknown_ones_by_source():
    edits = edits_of(("ab", "ab"), ("ab", "ax"), ("ab", "xx"), ("ab", "ab"))
    assert cer_by_writer(["s", "s", "t", "t"], ["s/1", "s/2", None, None], edits) == [
        {"writer": "s/2", "cer": 50.0, "lines": 1},
        {"writer": "t, unknown", "cer": 50.0, "lines": 2},
        {"writer": "s/1", "cer": 0.0, "lines": 1},
    ]


def test_keeps_writers_with_highest_cer():
    lines = [("a" * 100, "b" * n + "a" * (100 - n)) for n in range(50)]
    rows = cer_by_writer(["s"] * 50, [f"s/{n}" for n in range(50)], edits_of(*lines))
    assert [row["cer"] for row in rows] == list(range(49, 49 - WRITERS, -1))


def test_tone_names_contain_their_tone():
    for sign, name in TONES.items():
        signs = [s for s in unicodedata.normalize("NFD", name) if s in TONES]
        assert signs == ([sign] if sign else [])
