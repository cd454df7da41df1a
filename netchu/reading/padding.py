"""Padding of line images to the input array of the network."""

from collections.abc import Sequence

import numpy as np

_WIDTH_STEP = 32
"""Widths are padded to a multiple of this many pixels, which keeps the number of distinct shapes small."""


def padded_width(width: int) -> int:
    """Return `width` in pixels rounded up to a multiple of _WIDTH_STEP."""
    return -(-width // _WIDTH_STEP) * _WIDTH_STEP


def pad_images(images: Sequence[np.ndarray]) -> np.ndarray:
    """Return line images, uint8 `(height, width)`, dark on white, as one float32 `(batch, height, width, 1)`.

    Ink becomes 1 and paper 0. The padding, on the right, is paper.
    """
    width = padded_width(max(image.shape[1] for image in images))
    padded = np.zeros((len(images), images[0].shape[0], width, 1), np.float32)
    for row, image in enumerate(images):
        padded[row, :, : image.shape[1], 0] = (255 - image) * np.float32(1 / 255)
    return padded
