"""Padding: ink 1, paper 0, to the right, to a multiple of 32 pixels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from netchu.reading.padding import pad_images, padded_width


@given(st.integers(1, 5000))
def test_padded_width_is_the_next_multiple_of_32(width):
    assert padded_width(width) % 32 == 0
    assert 0 <= padded_width(width) - width < 32


@given(st.lists(st.integers(1, 100), min_size=1, max_size=5), st.integers(1, 8))
def test_pads_images_with_paper_on_the_right(widths, height):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (height, width), np.uint8) for width in widths]
    padded = pad_images(images)
    assert padded.shape == (len(widths), height, padded_width(max(widths)), 1) and padded.dtype == np.float32
    for image, row in zip(images, padded[..., 0], strict=True):
        assert np.allclose(row[:, : image.shape[1]], 1 - image / 255, atol=1e-6)
        assert not row[:, image.shape[1] :].any()
