"""Squares behind a line disappear; other pictures stay as they are."""

import cv2
import numpy as np
import pytest

from netchu.pictures.illumination import normalise_illumination
from netchu.pictures.line_image import line_image
from netchu.pictures.squared_paper import erase_squares
from tests.netchu.pictures.samples import BLANKS, VARIANTS, grainy, params, shaded, squared, strokes


@pytest.mark.parametrize("ink", [160, 170, 200])
@pytest.mark.parametrize("width", [2, 3, 5])
def test_leaves_the_writing_alone_on_white(ink, width):
    """The squares cover more than thin strokes, and less than thick ones."""
    page = strokes(width=width)
    plain, found = (normalise_illumination(picture) for picture in (page, squared(page, ink)))
    erased = erase_squares(found)
    writing = page < 120
    assert np.median(erased[writing]) < 60
    away = cv2.dilate((page < 225).astype(np.uint8), np.ones((5, 5))) == 0
    assert (erased[away] == 255).all() and (found[away] < 225).mean() > 0.1
    assert (np.abs(erased.astype(int) - plain)[writing] < 80).mean() > 0.95


def test_line_image_is_that_of_plain_paper():
    plain, on_squares = (line_image(page, params()) for page in (strokes(), grainy(shaded(squared(strokes()), 0.6), 2)))
    assert on_squares.shape[1] == pytest.approx(plain.shape[1], abs=20)
    resized = cv2.resize(on_squares, plain.shape[::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(plain.astype(int) - resized).mean() < 12


@pytest.mark.parametrize("name", [name for name in VARIANTS if "squared" not in name])
def test_other_pictures_stay_as_they_are(name):
    picture = normalise_illumination(VARIANTS[name])
    np.testing.assert_array_equal(erase_squares(picture), picture)


@pytest.mark.parametrize("name", BLANKS)
def test_blank_pictures_stay_blank(name):
    picture = normalise_illumination(BLANKS[name])
    assert erase_squares(picture).mean() >= picture.mean()


def test_shadows_at_the_edges_are_no_squares():
    picture = normalise_illumination(strokes())
    for edge in (np.s_[:, :20], np.s_[:, -20:], np.s_[:9]):
        picture[edge] = np.minimum(picture[edge], 190)
    np.testing.assert_array_equal(erase_squares(picture), picture)


def test_squares_as_dark_as_the_writing_are_left():
    picture = normalise_illumination(squared(strokes(), 70))
    np.testing.assert_array_equal(erase_squares(picture), picture)
