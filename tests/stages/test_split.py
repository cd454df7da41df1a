import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from netchu.core.errors import NetchuError
from netchu.core.folding import fold
from netchu.core.tables import LINE_COLUMNS, write_lines
from stages.split import Params, SplitParams, assign, connected, run


def line(number, text=None, writer=None, subset=None, source="a"):
    text = f"text {number}" if text is None else text
    return {"id": f"{number:04}", "source": source, "writer": writer, "subset": subset, "text": text}


def split(lines, seed=1, validation=0.1, test=0.1):
    return assign(lines, SplitParams(seed=seed, validation=validation, test=test))


def run_on(tmp_path, lines, **params):
    with write_lines(tmp_path / "lines.parquet", LINE_COLUMNS) as table:
        for row in lines:
            table.append({**row, "image": b"", "width": 100})
    outputs = {"lines": tmp_path / "split.csv", "counts": tmp_path / "split.json"}
    values = {"seed": 1, "validation": 0.1, "test": 0.1, **params}
    summary = run(Params(split=values), {"lines": tmp_path / "lines.parquet"}, outputs)
    with outputs["lines"].open(encoding="utf-8", newline="") as file:
        return summary, list(csv.DictReader(file)), json.loads(outputs["counts"].read_text())


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
def test_no_writer_and_no_text_in_two_subsets_and_named_test_lines_all_kept(rows, seed):
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


@given(st.lists(st.lists(st.integers(0, 12), max_size=3), max_size=25))
def test_groups_are_those_of_scipy(keys):
    lines = [[("key", key) for key in line_keys] for line_keys in keys]
    pairs = [(i, j) for i, a in enumerate(keys) for j, b in enumerate(keys) if set(a) & set(b)]
    graph = coo_array(([1] * len(pairs), tuple(zip(*pairs, strict=True)) or ([], [])), (len(keys), len(keys)))
    expected = connected_components(graph, directed=False)[1].tolist() if keys else []
    found = connected(lines)
    assert [[a == b for b in found] for a in found] == [[a == b for b in expected] for a in expected]


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_order_of_the_table_does_not_matter(random):
    """Nor which of its lines a group that spans two sources begins with."""
    lines = [line(number, writer=f"w{number % 17}", source="pqr"[number % 3]) for number in range(100)]
    shuffled = random.sample(lines, len(lines))
    expected = {row["id"]: subset for row, subset in zip(lines, split(lines), strict=True)}
    assert {row["id"]: subset for row, subset in zip(shuffled, split(shuffled), strict=True)} == expected


def test_fractions_are_met():
    subsets = split([line(number) for number in range(1000)], validation=0.15, test=0.05)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [800, 150, 50]


def test_fractions_are_met_as_near_as_groups_allow():
    subsets = split([line(number, writer=f"w{number // 10}") for number in range(400)])
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [320, 40, 40]


def test_fractions_are_met_in_every_source():
    lines = [line(number, source="p" if number < 300 else "q") for number in range(400)]
    subsets = split(lines, validation=0.1, test=0.2)
    for part, sizes in ((slice(300), [210, 30, 60]), (slice(300, 400), [70, 10, 20])):
        assert [subsets[part].count(name) for name in ("train", "validation", "test")] == sizes


def test_sources_of_one_writer_each_are_drawn_as_writers_are():
    """An archive a writer: none has a tenth to give, ten together have one."""
    lines = [line(number, writer=f"w{number // 30}", source=f"s{number // 30:02}") for number in range(600)]
    subsets = split(lines)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [480, 60, 60]


def test_ones_own_lines_beside_a_large_source_stay_in_training():
    """One writer's cannot be parted, and fill no subset alone."""
    lines = [line(number) for number in range(500)]
    lines += [line(number, writer="me", source="mine") for number in range(500, 560)]
    subsets = split(lines)
    assert set(subsets[500:]) == {"train"}
    assert {"train", "validation", "test"} == set(subsets[:500])


def test_a_source_of_training_lines_takes_no_test_lines_from_another():
    lines = [line(number, subset="train", source="p") for number in range(1000)]
    lines += [line(number, source="q") for number in range(1000, 1100)]
    subsets = split(lines)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [980, 110, 10]


def test_few_writers_still_fill_each_subset():
    subsets = split([line(number, writer=f"w{number % 3}") for number in range(30)], validation=0.05, test=0.05)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [10, 10, 10]


def test_another_seed_gives_another_split_of_the_same_sizes():
    lines = [line(number) for number in range(100)]
    one, other = split(lines, 1), split(lines, 2)
    assert one == split(lines, 1)
    assert one != other
    assert sorted(one) == sorted(other)


def test_lines_added_later_move_few():
    lines = [line(number) for number in range(1000)]
    before, after = split(lines), split([*lines, line(1000)])
    assert sum(one != other for one, other in zip(before, after, strict=False)) <= 2


def test_named_test_set_is_neither_enlarged_nor_shrunk():
    lines = [line(number, subset="test" if number < 7 else None) for number in range(100)]
    subsets = split(lines, test=0.5)
    assert [index for index, subset in enumerate(subsets) if subset == "test"] == list(range(7))
    assert subsets.count("validation") == 9


def test_lines_that_share_text_or_writer_with_the_named_test_set_are_excluded(tmp_path):
    lines = [
        line(0, "Hà Nội", "w1", "test"),
        line(1, "hà nội", "w2"),  # the test line's text
        line(2, "b", "w1", "train"),  # its writer
        line(3, "c", "w2"),  # the writer of an excluded line, not of the test line
        *(line(number) for number in range(4, 24)),
    ]
    summary, rows, counts = run_on(tmp_path, lines)
    assert [row["id"] for row in rows] == ["0000", *(f"{number:04}" for number in range(3, 24))]
    assert counts["excluded"] == 2
    assert "2 excluded" in summary


def test_keeps_training_lines_whose_writer_wrote_one_text_of_the_validation_set():
    lines = [line(0, "Hà Nội", "v", "validation"), line(1, "Hà Nội", "w", "train")]
    lines += [line(number, writer="w", subset="train") for number in range(2, 12)]
    assert split(lines, test=0) == ["validation", None, *["train"] * 10]


def test_validation_is_drawn_from_lines_named_train():
    lines = [line(number, subset="test" if number < 10 else "train") for number in range(110)]
    subsets = split(lines)
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [90, 10, 10]


def test_lines_named_train_are_never_drawn_for_test():
    lines = [line(number, subset="train" if number < 50 else None) for number in range(100)]
    subsets = split(lines, test=0.4)
    assert subsets.count("test") == 40
    assert "test" not in subsets[:50]


def test_writers_of_two_sources_are_two_writers():
    lines = [line(number, writer=f"s{number}/1") for number in range(10)]
    assert {"train", "validation", "test"} == set(split(lines))


def test_list_and_counts(tmp_path):
    lines = [line(number, writer=f"w{number // 5}") for number in range(100)]
    summary, rows, counts = run_on(tmp_path, lines)
    assert summary == "80 train, 10 validation, 10 test lines, 0 excluded, no writer and no text in two subsets"
    assert [row["id"] for row in rows] == [row["id"] for row in lines]
    assert counts["train_lines"] == sum(row["subset"] == "train" for row in rows) == 80
    assert counts["test_writers"] == 2
    assert counts["validation_texts"] == 10
    overlaps = [key for key in counts if "_in_" in key]
    assert len(overlaps) == 6
    assert not any(counts[key] for key in overlaps)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [line(0)],
        [line(0), line(1)],
        [line(number, writer="the only one") for number in range(50)],
        [line(number, "the only text") for number in range(50)],
        [line(number, subset="test") for number in range(50)],
    ],
)
def test_empty_subset_is_an_error_that_names_what_to_do(tmp_path, lines):
    with pytest.raises(NetchuError, match=r"nothing left for .*split\.validation") as error:
        run_on(tmp_path, lines)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "split.csv").exists()


def test_fractions_of_zero_leave_subsets_empty(tmp_path):
    _, rows, _ = run_on(tmp_path, [line(0), line(1)], validation=0, test=0)
    assert [row["subset"] for row in rows] == ["train", "train"]


@pytest.mark.parametrize(
    "values", [{"validation": 0.5, "test": 0.5}, {"validation": -0.1}, {"test": 1}, {"seed": -1}, {"seed": 1.5}]
)
def test_impossible_parameters_are_refused(values):
    with pytest.raises(ValidationError):
        SplitParams(**{"seed": 1, "validation": 0.1, "test": 0.1, **values})
