"""Subsets: their lines, in order or shuffled, and no others."""

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.subsets import Subset
from netchu.core.tables import ROW_GROUP
from tests.netchu.helpers import HEIGHT, draw, write_table

TRAIN = [f"số {n}" for n in range(2 * ROW_GROUP + 5)]


@pytest.fixture
def files(tmp_path):
    return write_table(tmp_path, {"train": TRAIN, "test": ["a", "b"]})


def test_lines_come_in_the_tables_order_with_decoded_images(files):
    subset = Subset(*files, "train")
    rows = list(subset)
    assert [row["text"] for row in rows] == TRAIN and len(subset) == len(TRAIN)
    assert np.array_equal(rows[0]["image"], draw(TRAIN[0], np.random.default_rng(0)))
    assert subset.preprocess["height"] == HEIGHT
    assert [row["text"] for row in Subset(*files, "test")] == ["a", "b"]


def test_shuffled_lines_are_the_same_lines(files):
    subset = Subset(*files, "train")
    one, again, other = ([row["text"] for row in subset.shuffled(np.random.default_rng(seed))] for seed in (1, 1, 2))
    assert one == again != other
    assert sorted(one) == sorted(TRAIN) and one != TRAIN


def test_a_subset_without_lines_is_an_error(files):
    with pytest.raises(NetchuError, match=r"split\.csv: no line belongs to validation"):
        Subset(*files, "validation")
