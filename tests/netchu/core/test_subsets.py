"""Tests of subsets: their lines, and no others, in order or shuffled."""

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.subsets import Subset
from netchu.core.tables import LINE_COLUMNS, ROW_GROUP, write_lines
from tests.netchu.helpers import HEIGHT, draw, write_table

TRAIN = [f"số {n}" for n in range(2 * ROW_GROUP + 5)]


@pytest.fixture
def files(tmp_path):
    return write_table(tmp_path, {"train": TRAIN, "test": ["a", "b"]})


def test_yields_lines_in_the_tables_order_with_decoded_images(files):
    subset = Subset(*files, "train")
    rows = list(subset)
    assert [row["text"] for row in rows] == TRAIN and len(subset) == len(TRAIN)
    assert np.array_equal(rows[0]["image"], draw(TRAIN[0], np.random.default_rng(0)))
    assert subset.preprocess["height"] == HEIGHT
    assert [row["text"] for row in Subset(*files, "test")] == ["a", "b"]


@pytest.mark.parametrize("name", ["train", "test"])
def test_returns_the_texts_of_the_lines(files, name):
    subset = Subset(*files, name)
    assert subset.texts() == [(row["source"], row["text"]) for row in subset]


def test_returns_texts_without_reading_images(tmp_path):
    with write_lines(tmp_path / "lines.parquet", LINE_COLUMNS, {"preprocess": {}}) as lines:
        for number, text in enumerate(("Ấp Đông", "a", "a")):
            row = {"id": str(number), "source": "s", "writer": None, "subset": None, "text": text}
            lines.append(row | {"image": b"no picture", "width": 1})
    (tmp_path / "split.csv").write_text("id,subset\n0,train\n2,train\n", encoding="utf-8")
    subset = Subset(tmp_path / "lines.parquet", tmp_path / "split.csv", "train")
    assert subset.texts() == [("s", "Ấp Đông"), ("s", "a")]
    assert subset.sources() == {"0": "s", "2": "s"}


def test_shuffles_the_same_lines(files):
    subset = Subset(*files, "train")
    first, again, other_seed = (
        [row["text"] for row in subset.shuffled(np.random.default_rng(seed))] for seed in (1, 1, 2)
    )
    assert first == again != other_seed
    assert sorted(first) == sorted(TRAIN) and first != TRAIN


def test_repeats_and_skips_lines_when_shuffling(files):
    subset = Subset(*files, "train")
    first, second, *others = subset
    rows = subset.shuffled(np.random.default_rng(1), {first["id"]: 3, second["id"]: 0})
    assert sorted(row["text"] for row in rows) == sorted([first["text"]] * 3 + [row["text"] for row in others])


def test_rejects_a_subset_without_lines(files):
    with pytest.raises(NetchuError, match=r"split\.csv: no line belongs to validation"):
        Subset(*files, "validation")
