from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.evaluation.error_kinds import ERROR_KINDS
from netchu.experiments.comparison import LinePair, ScoredLine, compare_rates, pair_lines
from netchu.experiments.explanation import (
    KIND_NAMES,
    MOST_NAMED,
    CerPart,
    find_main_parts,
    format_points,
    split_cer_by_kind,
)

LETTERS = st.text("aăâáắeêếđdĐoOộ1 2.,", max_size=8)


def pairs(*lines: tuple[str, str, str]) -> list[LinePair]:
    """Pair lines, each given as its reference and the predictions of A and B."""
    runs = [{f"{n}": ScoredLine("s", line[0], line[side]) for n, line in enumerate(lines)} for side in (1, 2)]
    return pair_lines(*runs, ("A", "B"))


def parts(**differences: float) -> list[CerPart]:
    """Make parts with these differences, in each of which one run makes no errors."""
    return [CerPart(kind, Fraction(str(max(-d, 0))), Fraction(str(max(d, 0)))) for kind, d in differences.items()]


def names(found: list[CerPart]) -> list[str]:
    return [part.kind for part in found]


def test_splits_a_case_made_by_hand():
    # 20 characters, so that an edit is 5 points.
    found = split_cer_by_kind(
        pairs(("Hà Nội 1", "Ha Noi 7", "Hà Nội 1"), ("Đường Số 2 x", "Đuong Số 2 x", "Đường Sô 2x"))
    )
    values = {part.kind: (part.a, part.b) for part in found if part.a or part.b}
    # Of A: à as a is a tone; ộ as o half a mark, half a tone; 1 as 7 a digit; ư as u a mark; ờ as o half and half.
    assert values == {"tone": (10, 5), "mark": (10, 0), "digit": (5, 0), "space": (0, 5)}
    assert names(found)[:2] == ["mark", "tone"] and len(found) == len(ERROR_KINDS)
    assert found[0].difference == -10


@given(st.lists(st.tuples(LETTERS, LETTERS, LETTERS), min_size=1, max_size=5))
def test_adds_up_to_both_rates(lines):
    compared = pairs(*lines)
    found = split_cer_by_kind(compared)
    length = sum(len(pair.reference) for pair in compared) or 1
    assert sum(part.a for part in found) == Fraction(100 * sum(pair.edits_a for pair in compared), length)
    assert sum(part.b for part in found) == Fraction(100 * sum(pair.edits_b for pair in compared), length)
    if any(pair.reference for pair in compared):
        assert float(sum(part.difference for part in found)) == pytest.approx(compare_rates(compared)["cer"].difference)
    sizes = [abs(part.difference) for part in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sorted(names(found)) == sorted(ERROR_KINDS) == sorted(KIND_NAMES)


@pytest.mark.parametrize(
    ("differences", "main", "against"),
    [
        ({"tone": -0.7, "mark": -0.3, "base": -0.2}, ["tone"], []),
        ({"tone": 0.5, "mark": 0.3, "base": 0.3}, ["tone", "mark"], []),  # A is better
        (
            {"mark": -0.3, "tone": -0.6, "base": -0.3},
            ["tone", "mark"],
            [],
        ),  # exactly half is not most; the order does not matter
        ({"tone": -1, "mark": 0.2}, ["tone"], []),  # 0.2 is less than half of 0.8
        ({"tone": -1, "mark": 0.4}, ["tone"], ["mark"]),  # 0.4 is more than half of 0.6
        # Half of all parts for the difference, not of the difference: 1 of 2.9, although it is more than half of 0.9.
        ({"tone": -1, "base": -1, "case": -0.9, "mark": 2}, ["tone", "base"], ["mark"]),
        (dict.fromkeys(ERROR_KINDS, -0.1), [], []),  # three of nine are less than half
        (dict.fromkeys(ERROR_KINDS[:5], -0.1), list(ERROR_KINDS[:3]), []),
        ({"tone": 0.0}, [], []),
        ({"tone": -1, "mark": 1}, [], []),  # no difference
    ],
)
def test_finds_main_parts(differences, main, against):
    found = find_main_parts(parts(**differences))
    assert tuple(map(names, found)) == (main, against)


@given(st.lists(st.integers(-100, 100), min_size=9, max_size=9))
def test_finds_fewest_parts_that_exceed_half(differences):
    made = parts(**dict(zip(ERROR_KINDS, differences, strict=True)))
    total = sum(differences)
    main, against = find_main_parts(made)
    assert len(main) <= MOST_NAMED and len(against) <= MOST_NAMED and not set(names(main)) & set(names(against))
    if main:
        found = [part.difference for part in main]
        assert all(value * total > 0 for value in found)
        in_favour = sum(abs(value) for value in differences if value * total > 0)
        assert abs(sum(found)) * 2 > in_favour >= abs(total)
        assert abs(sum(found[:-1])) * 2 <= in_favour
    assert all(part.difference * total < 0 and 2 * abs(part.difference) >= abs(total) for part in against)


def test_formats_points():
    assert [format_points(value) for value in (1.234, -0.5, 0, -0.004, 0.004)] == [
        "+1.23",
        "−0.50",
        "0.00",
        "0.00",
        "0.00",
    ]
