"""Greyscale and even light: the same writing looks alike on any paper and in any light."""

import tracemalloc

import cv2
import numpy as np
import pytest

from netchu.pictures.illumination import normalise_illumination, to_grey
from tests.netchu.pictures.samples import BLANKS, VARIANTS, dusty, framed, grainy, ruled, squared, strokes


@pytest.mark.parametrize("name", VARIANTS)
def test_makes_ink_dark_and_paper_light(name):
    normalised = normalise_illumination(VARIANTS[name])
    ink = strokes() < 100
    away = cv2.dilate((ruled(framed(dusty(strokes()))) < 225).astype(np.uint8), np.ones((9, 9))) == 0
    assert np.median(normalised[ink]) < 60
    assert np.median(normalised[away]) > 240


@pytest.mark.parametrize("width", [2, 3])
def test_squares_stay_pale(width):
    """Although they cover more of the picture than the writing."""
    page = strokes(width=width)
    page[:, 200:] = 235
    normalised = normalise_illumination(grainy(squared(page), 2))
    assert np.median(normalised[page < 100]) < 60
    squares = (squared(np.full_like(page, 235)) < 200) & (page > 225)
    assert np.median(normalised[squares]) > 140


def test_pencil_beside_print_stays_dark():
    """The print is darker, but the pencil is no rule."""
    page, x = np.full((100, 800), 235, np.uint8), np.arange(40, 680)
    for y in (30, 50, 70):
        wave = np.rint(np.stack([x, y + 8 * np.sin(x / 4)], axis=1)).astype(np.int32)
        cv2.polylines(page, [wave], False, 175, 3, cv2.LINE_AA)
    page[30:70, 700:] = strokes(ink=20)[30:70, 700:]
    assert np.median(normalise_illumination(page)[page == 175]) < 60


@pytest.mark.parametrize("name", BLANKS)
def test_keeps_blank_pages_light(name):
    assert np.mean(normalise_illumination(BLANKS[name]) > 128) > 0.85


def test_blends_transparency_with_white_and_weights_colours():
    grey = strokes(ink=0, paper=255)
    transparent = np.zeros((*grey.shape, 4), np.uint8)
    transparent[..., 3] = 255 - grey
    np.testing.assert_array_equal(to_grey(transparent), grey)
    np.testing.assert_array_equal(to_grey(np.dstack([grey] * 3)), grey)
    assert to_grey(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)).tolist() == [[76, 150, 29]]


@pytest.mark.parametrize("colour", [255, 230])
def test_white_writing_on_transparency_is_visible(colour):
    writing = np.dstack([np.full((100, 800, 3), colour, np.uint8), 255 - strokes(ink=0, paper=255)])
    grey = to_grey(writing)
    ink = strokes(ink=0, paper=255) == 0
    assert grey[ink].min() >= colour - 1 and np.median(grey) == 0
    assert np.median(normalise_illumination(grey)[ink]) < 60


def test_white_sheet_with_transparent_corners_stays_white():
    sheet = np.full((100, 800, 4), 255, np.uint8)
    sheet[:20, :20] = sheet[-20:, -20:] = 0
    assert (to_grey(sheet) == 255).all()


def test_blends_every_grey_at_every_transparency():
    grey, alpha = np.meshgrid(np.arange(256), np.arange(256))
    blended = np.rint((grey * alpha + 255 * (255 - alpha)) / 255)
    np.testing.assert_array_equal(to_grey(np.dstack([grey] * 3 + [alpha]).astype(np.uint8)), blended)


def test_needs_few_bytes_per_transparent_pixel():
    image = np.full((1000, 1000, 4), 200, np.uint8)
    tracemalloc.start()
    to_grey(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 10**6
