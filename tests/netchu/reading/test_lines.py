"""Reading lines: in order, in batches that change nothing, and only a little ahead."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.core.parallel import ordered_map
from netchu.reading.lines import read_lines


def image(width: int, value: int) -> np.ndarray:
    return np.full((2, width), 255 - value, np.uint8)


def network(batch: np.ndarray) -> np.ndarray:
    """Stands for one: each frame's mean ink, 0 to 255."""
    assert 1 <= len(batch) <= 8
    return 255 * batch.reshape(len(batch), 2, -1, 4).mean(axis=(1, 3))[..., np.newaxis]


def decode(logits: np.ndarray) -> tuple[int, int]:
    return len(logits), round(float(logits[0, 0]))


@pytest.mark.parametrize("map_batches", [map, ordered_map])
@given(st.lists(st.tuples(st.integers(16, 400), st.integers(0, 255)), max_size=300))
def test_every_line_in_order_without_its_padding(map_batches, lines):
    read = read_lines((image(*line) for line in lines), network, decode, map_batches)
    assert list(read) == [(width // 4, value) for width, value in lines]


def test_lines_of_one_padded_width_share_a_batch():
    shapes = []

    def remember(batch):
        shapes.append(batch.shape[:3])
        return network(batch)

    widths = [64, 33, 96, 40, *[500] * 11]
    list(read_lines((image(width, 1) for width in widths), remember, decode))
    assert sorted(shapes) == [(1, 2, 96), (3, 2, 64), (3, 2, 512), (8, 2, 512)]


@pytest.mark.parametrize("map_batches", [map, ordered_map])
def test_an_endless_source_is_read_a_little_ahead(map_batches):
    taken = itertools.count()
    read = read_lines((image(16 + next(taken) % 400, 7) for _ in itertools.count()), network, decode, map_batches)
    assert [value for _, value in itertools.islice(read, 100)] == [7] * 100
    assert next(taken) < 1000


@pytest.mark.parametrize("map_batches", [map, ordered_map])
def test_errors_of_the_network_reach_the_reader(map_batches):
    def broken(batch):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(read_lines([image(16, 1)], broken, decode, map_batches))
