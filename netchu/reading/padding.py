"""Line images of different widths in one array, as the network takes them."""

from collections.abc import Sequence

import numpy as np

_STEP = 32
"""Pixels: widths are padded to a multiple of this, which keeps the number of distinct shapes small."""


def padded_width(width: int) -> int:
    """`width` in pixels rounded up to the next width that the network is given."""
    return -(-width // _STEP) * _STEP


def pad_images(images: Sequence[np.ndarray]) -> np.ndarray:
    """Line images, uint8 `(height, width)`, dark on white, as `(batch, height, width, 1)` float32, ink 1 and paper 0.

    The padding, on the right, is paper.
    """
    width = padded_width(max(image.shape[1] for image in images))
    padded = np.zeros((len(images), images[0].shape[0], width, 1), np.float32)
    for row, image in enumerate(images):
        padded[row, :, : image.shape[1], 0] = (255 - image) * np.float32(1 / 255)
    return padded
