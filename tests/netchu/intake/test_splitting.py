"""Tests of the split: no writer and no text in two subsets, fractions met in every source."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from netchu.core.folding import fold
from netchu.core.tables import SUBSETS
from netchu.intake.splitting import NONE, SplitParams, assign_subsets, count_subsets, find_groups, read_keys
from tests.netchu.helpers import trace_peak


def line(number, text=None, writer=None, subset=None, source="a"):
    text = f"text {number}" if text is None else text
    return {"id": f"{number:04}", "source": source, "writer": writer, "subset": subset, "text": text}


def split(lines, seed=1, validation=0.1, test=0.1):
    subsets = assign_subsets(read_keys(lines), SplitParams(seed=seed, validation=validation, test=test))
    return [None if subset == NONE else SUBSETS[subset] for subset in subsets]


ROWS = st.lists(
    st.tuples(
        st.sampled_from([*"aAbBcdefghij", "a,", "b ."]),
        st.sampled_from([None, None, "w1", "w2", "w3"]),
        st.sampled_from([None, None, "train", "validation", "test"]),
        st.sampled_from("pq"),
    ),
    max_size=40,
)


@given(ROWS, st.integers(0, 5))
def test_shares_no_writer_and_no_text_and_keeps_named_test_lines(rows, seed):
    lines = [line(number, *row) for number, row in enumerate(rows)]
    subsets = split(lines, seed, 0.2, 0.2)
    seen = {}
    for row, subset in zip(lines, subsets, strict=True):
        if row["subset"] == "test":
            assert subset == "test"
        elif subset is not None:
            assert row["subset"] in (None, subset) or (row["subset"], subset) == ("train", "validation")
        for key in (("text", fold(row["text"])), ("writer", row["writer"] or row["id"])):
            if subset is not None:
                assert seen.setdefault(key, subset) == subset


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 40)), max_size=25))
def test_finds_the_connected_components_that_scipy_finds(keys):
    pairs = [(i, j) for i, a in enumerate(keys) for j, b in enumerate(keys) if set(a) & set(b)]
    graph = coo_array(([1] * len(pairs), tuple(zip(*pairs, strict=True)) or ([], [])), (len(keys), len(keys)))
    expected = connected_components(graph, directed=False)[1].tolist() if keys else []
    texts, writers = np.array(keys, np.int64).reshape(-1, 2).T
    found = find_groups(texts, writers).tolist()
    assert [[a == b for b in found] for a in found] == [[a == b for b in expected] for a in expected]


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_ignores_the_order_of_the_table(random):
    """Groups of two sources do not depend on the order either."""
    lines = [line(number, writer=f"w{number % 17}", source="pqr"[number % 3]) for number in range(100)]
    shuffled = random.sample(lines, len(lines))
    expected = {row["id"]: subset for row, subset in zip(lines, split(lines), strict=True)}
    assert {row["id"]: subset for row, subset in zip(shuffled, split(shuffled), strict=True)} == expected


def test_meets_the_fractions():
    subsets = split([line(number) for number in range(1000)], validation=0.15, test=0.05)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [800, 150, 50]


def test_meets_the_fractions_with_groups():
    subsets = split([line(number, writer=f"w{number // 10}") for number in range(400)])
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [320, 40, 40]


def test_meets_the_fractions_in_every_source():
    lines = [line(number, source="p" if number < 300 else "q") for number in range(400)]
    subsets = split(lines, validation=0.1, test=0.2)
    for part, sizes in ((slice(300), [210, 30, 60]), (slice(300, 400), [70, 10, 20])):
        assert [subsets[part].count(name) for name in ("train", "validation", "test")] == sizes


def test_meets_the_fractions_with_one_writer_per_source():
    """No source can give a tenth of its lines, but ten sources together can."""
    lines = [line(number, writer=f"w{number // 30}", source=f"s{number // 30:02}") for number in range(600)]
    subsets = split(lines)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [480, 60, 60]


def test_keeps_a_users_own_lines_in_training_beside_a_large_source():
    """The lines of one writer stay together, and are too many for a smaller subset."""
    lines = [line(number) for number in range(500)]
    lines += [line(number, writer="me", source="mine") for number in range(500, 560)]
    subsets = split(lines)
    assert set(subsets[500:]) == {"train"}
    assert {"train", "validation", "test"} == set(subsets[:500])


def test_takes_no_test_lines_from_one_source_for_another():
    lines = [line(number, subset="train", source="p") for number in range(1000)]
    lines += [line(number, source="q") for number in range(1000, 1100)]
    subsets = split(lines)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [980, 110, 10]


def test_fills_each_subset_with_few_writers():
    subsets = split([line(number, writer=f"w{number % 3}") for number in range(30)], validation=0.05, test=0.05)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [10, 10, 10]


def test_splits_differently_with_another_seed_into_the_same_sizes():
    lines = [line(number) for number in range(100)]
    first, second = split(lines, 1), split(lines, 2)
    assert first == split(lines, 1)
    assert first != second
    assert sorted(first) == sorted(second)


def test_moves_few_lines_when_lines_are_added():
    lines = [line(number) for number in range(1000)]
    before, after = split(lines), split([*lines, line(1000)])
    assert sum(old != new for old, new in zip(before, after, strict=False)) <= 2


@given(st.lists(st.integers(1, 30), max_size=40))
def test_another_source_moves_no_lines(sizes):
    """A later training with an archive more must not validate on lines that an earlier one was trained on."""
    lines = [line(number, writer=f"w{number // 27}", source="q") for number in range(2160)]
    other = [f"v{index}" for index, size in enumerate(sizes) for _ in range(size)]
    others = [line(3000 + number, writer=writer, source="p") for number, writer in enumerate(other)]
    assert split([*lines, *others])[: len(lines)] == split(lines)


def test_keeps_the_named_test_set_as_it_is():
    lines = [line(number, subset="test" if number < 7 else None) for number in range(100)]
    subsets = split(lines, test=0.5)
    assert [index for index, subset in enumerate(subsets) if subset == "test"] == list(range(7))
    assert subsets.count("validation") == 9


def test_takes_validation_lines_from_lines_named_train():
    lines = [line(number, subset="test" if number < 10 else "train") for number in range(110)]
    subsets = split(lines)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [90, 10, 10]


def test_takes_no_test_lines_from_lines_named_train():
    lines = [line(number, subset="train" if number < 50 else None) for number in range(100)]
    subsets = split(lines, test=0.4)
    assert subsets.count("test") == 40
    assert "test" not in subsets[:50]


def test_keeps_writers_of_two_sources_apart():
    lines = [line(number, writer=f"s{number}/1") for number in range(10)]
    assert {"train", "validation", "test"} == set(split(lines))


@pytest.mark.parametrize(
    "values", [{"validation": 0.5, "test": 0.5}, {"validation": -0.1}, {"test": 1}, {"seed": -1}, {"seed": 1.5}]
)
def test_rejects_impossible_parameters(values):
    with pytest.raises(ValidationError):
        SplitParams(**{"seed": 1, "validation": 0.1, "test": 0.1, **values})


def test_keeps_training_lines_of_a_writer_with_one_text_of_the_validation_set():
    lines = [line(0, "Hà Nội", "v", "validation"), line(1, "Hà Nội", "w", "train")]
    lines += [line(number, writer="w", subset="train") for number in range(2, 12)]
    assert split(lines, test=0) == ["validation", None, *["train"] * 10]


def test_draws_subsets_in_sources_that_name_none():
    """One source names its training and validation lines, another its test lines, the third none."""
    named = [line(number, subset="validation" if number < 10 else "train", source="a") for number in range(100)]
    tested = [line(number, subset="test" if number < 120 else None, source="b") for number in range(100, 200)]
    open_lines = [line(number, source="c") for number in range(200, 300)]
    subsets = split(named + tested + open_lines, validation=0.1, test=0.2)
    assert [subsets[:100].count(name) for name in ("validation", "test")] == [10, 0]
    assert [subsets[100:200].count(name) for name in ("validation", "test")] == [8, 20]
    assert [subsets[200:].count(name) for name in ("validation", "test")] == [10, 20]


def test_needs_few_bytes_of_memory_for_each_line():
    """Dictionaries of the lines, of their keys and of their subsets would need about 1,000 bytes for each."""

    def split_many(count):
        lines = read_keys(line(number, writer=f"w{number // 50}") for number in range(count))
        subsets = assign_subsets(lines, SplitParams(seed=1, validation=0.1, test=0.1))
        assert count_subsets(lines, subsets)["train_lines"] > 0.7 * count

    split_many(500)
    assert trace_peak(lambda: split_many(4000)) - trace_peak(lambda: split_many(1000)) < 3000 * 500


def test_ignores_sources_of_later_lines_of_a_group():
    """The source b has no group of its own, so that the quotas of a and c add up to one line."""
    lines = [
        line(0, writer="w", source="c"),
        line(1, source="a"),
        *(line(number, writer="w", source="b") for number in (2, 3)),
        line(4, source="c"),
    ]
    assert split(lines, validation=0)[4] == "test"
