"""Encoded images compared with what Pillow decodes."""

import numpy as np
import pytest

from netchu.pictures.encoding import encode_image, write_image
from netchu.pictures.images import decode_image


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3), (20, 30, 4)])
def test_keeps_every_pixel_in_its_colour(shape, capfd):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert np.array_equal(decode_image(encode_image(image)), image)
    assert capfd.readouterr() == ("", "")  # OpenCV warns of options that a format does not have


@pytest.mark.parametrize("name", ["blue.jpg", "blue.png"])
def test_blue_stays_blue(name, tmp_path):
    blue = np.full((16, 16, 3), (20, 40, 200), np.uint8)
    write_image(tmp_path / name, blue)
    assert np.abs(decode_image((tmp_path / name).read_bytes()).astype(int) - blue).max() <= 4


def test_lower_quality_makes_smaller_file():
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    assert len(encode_image(image, ".jpg", quality=30)) < len(encode_image(image, ".jpg"))
