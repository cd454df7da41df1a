"""Encoding of arrays of pixels as image files, the inverse of `decode_image`."""

from pathlib import Path

import cv2
import numpy as np

# OpenCV expects blue first; everywhere else in netchu red comes first.
_TO_OPENCV = {(3,): cv2.COLOR_RGB2BGR, (4,): cv2.COLOR_RGBA2BGRA}


def encode_image(image: np.ndarray, suffix: str = ".png", quality: int = 95) -> bytes:
    """Return `image` as the bytes of an image file.

    >>> from netchu.pictures.images import decode_image
    >>> red = np.full((20, 30, 3), (255, 0, 0), np.uint8)
    >>> decode_image(encode_image(red))[0, 0].tolist()
    [255, 0, 0]

    Args:
        image: uint8 of shape (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) for RGBA.
        suffix: ".png", ".jpg" or another suffix that OpenCV writes.
        quality: of JPEG, 0 to 100.
    """
    conversion = _TO_OPENCV.get(image.shape[2:])
    converted = image if conversion is None else cv2.cvtColor(image, conversion)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix in (".jpg", ".jpeg") else []
    return cv2.imencode(suffix, converted, options)[1].tobytes()


def write_image(path: Path, image: np.ndarray, quality: int = 95) -> None:
    """Write `image` to `path`, as `encode_image` encodes it for the suffix of `path`."""
    path.write_bytes(encode_image(image, path.suffix, quality))
