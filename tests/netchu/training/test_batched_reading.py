"""Reading in batches: every line in order, without its padding, only a little ahead."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netchu.training.batched_reading import read_lines


def image(width: int, value: int) -> np.ndarray:
    return np.full((2, width), 255 - value, np.uint8)


def network(batch: np.ndarray) -> np.ndarray:
    """Return each frame's mean ink, 0 to 255, as its only logit."""
    assert 1 <= len(batch) <= 8
    return 255 * batch.reshape(len(batch), 2, -1, 4).mean(axis=(1, 3))[..., np.newaxis]


def decode(logits: np.ndarray) -> tuple[int, int]:
    return len(logits), round(float(logits[0, 0]))


@given(st.lists(st.tuples(st.integers(16, 400), st.integers(0, 255)), max_size=300))
def test_reads_every_line_in_order_without_its_padding(lines):
    readings = read_lines(((line, image(*line)) for line in lines), network, decode)
    assert list(readings) == [((width, value), (width // 4, value)) for width, value in lines]


def test_batches_lines_of_one_padded_width():
    shapes = []

    def remember(batch):
        shapes.append(batch.shape[:3])
        return network(batch)

    widths = [64, 33, 96, 40, *[500] * 11]
    list(read_lines(((None, image(width, 1)) for width in widths), remember, decode))
    assert sorted(shapes) == [(1, 2, 96), (3, 2, 64), (3, 2, 512), (8, 2, 512)]


def test_reads_endless_source_a_little_ahead():
    taken = itertools.count()
    source = ((None, image(16 + next(taken) % 400, 7)) for _ in itertools.count())
    readings = read_lines(source, network, decode)
    assert [value for _, (_, value) in itertools.islice(readings, 100)] == [7] * 100
    assert next(taken) < 1000


def test_raises_errors_of_the_network():
    def broken(batch):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(read_lines([(None, image(16, 1))], broken, decode))
