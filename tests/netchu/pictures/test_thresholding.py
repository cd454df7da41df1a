"""Thresholds: they separate ink from paper, and Sauvola's follows its formula."""

import numpy as np
import pytest

from netchu.pictures.illumination import normalise_illumination
from netchu.pictures.thresholding import SAUVOLA_K, sauvola, threshold
from tests.netchu.pictures.samples import THRESHOLDS, VARIANTS, strokes


@pytest.mark.parametrize("method", THRESHOLDS)
@pytest.mark.parametrize("name", ["ink on paper", "dark photo", "light pencil", "uneven light"])
def test_separates_ink_from_paper(method, name):
    result = threshold(normalise_illumination(VARIANTS[name]), method)
    assert result[strokes() < 70].mean() < 40
    assert result[strokes() == 235].mean() > 230
    if method != "none":
        assert set(np.unique(result)) == {0, 255}


def test_sauvola_follows_its_formula():
    image = np.random.default_rng(3).integers(0, 256, (20, 31)).astype(np.uint8)
    window = 7
    padded = np.pad(image, window // 2, mode="symmetric").astype(np.float64)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            patch = padded[row : row + window, column : column + window]
            limit = patch.mean() * (1 + SAUVOLA_K * (patch.std() / 128 - 1))
            assert sauvola(image, window)[row, column] == (255 if image[row, column] > limit else 0)
