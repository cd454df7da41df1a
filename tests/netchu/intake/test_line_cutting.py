"""Lines cut from pages: along their polygons, level, without neighbours; bands around baselines."""

import cv2
import numpy as np
import pytest

from netchu.intake.line_cutting import add_bands, cut_line
from netchu.intake.transcribed_pages import TranscribedLine
from netchu.line_finding.level_crops import estimate_paper_colour

PAPER, INK = 200, 30


def make_page(width=600, height=400):
    return np.full((height, width), PAPER, np.uint8)


def cut(page, polygon, baseline=()):
    return cut_line(page, estimate_paper_colour(page), TranscribedLine("a", "x", tuple(polygon), tuple(baseline)))


def find_box(image):
    """Return left, top, width and height of the ink."""
    return cv2.boundingRect((image < (PAPER + INK) / 2).astype(np.uint8))


def test_copies_a_level_line_pixel_by_pixel():
    page = make_page()
    page[100:140, 50:450] = np.arange(400, dtype=np.uint8) % 150
    image = cut(page, [(40, 90), (460, 90), (460, 150), (40, 150)])
    margin = 60 / 8 + 1
    assert image.shape == pytest.approx((60 + 2 * margin, 420 + 2 * margin), abs=2)
    left, top = 50 - 40 + int(np.ceil(margin)), 100 - 90 + int(np.ceil(margin))
    assert np.array_equal(image[top : top + 40, left : left + 400], page[100:140, 50:450])


def test_hides_the_ink_outside_the_polygon():
    page = make_page()
    page[100:140, 50:450] = INK
    page[150:160, 50:450] = INK  # a neighbour between the polygon's lowest corners
    image = cut(page, [(40, 90), (460, 90), (460, 170), (450, 145), (50, 145), (40, 170)])
    assert find_box(image)[2:] == (400, 40)
    assert (image[image > 100] == PAPER).all()


@pytest.mark.parametrize(
    ("angle", "has_baseline"), [(-30, True), (7, True), (90, True), (180, True), (-30, False), (7, False)]
)
def test_turns_a_line_level(angle, has_baseline):
    """A bar of 300 x 20 pixels with a mark above its left end."""
    bar = np.array([(0, 0), (300, 0), (300, 20), (0, 20)]) - (150, 10)
    mark = np.array([(0, -15), (40, -15), (40, -5), (0, -5)]) - (150, 10)
    outline = np.array([(-5, -20), (305, -20), (305, 25), (-5, 25)]) - (150, 10)
    turn = np.array([[np.cos(np.radians(angle)), np.sin(np.radians(angle))]])
    turn = np.vstack([turn, turn[:, ::-1] * (-1, 1)])
    page = make_page(500, 500)
    for shape in (bar, mark):
        cv2.fillPoly(page, [np.rint(shape @ turn + 250).astype(np.int32)], INK)
    corners = outline @ turn + 250
    image = cut(page, corners, corners[[3, 2]] if has_baseline else ())
    left, top, width, height = find_box(image)
    assert (width, height) == pytest.approx((300, 35), abs=3)
    ink = image[top : top + height, left : left + width] < 115
    assert ink[:8, :35].mean() > 0.8 and not ink[:8, 60:].any()  # upright, not mirrored


def test_moves_corners_outside_the_picture_to_its_edge():
    page = make_page()
    page[10:30, 10:200] = INK
    image = cut(page, [(-40, -5), (210, -5), (210, 40), (-40, 40)])
    assert find_box(image)[2:] == (190, 20)


def test_does_not_turn_short_words():
    page = make_page()
    page[100:130, 100:110] = INK
    assert find_box(cut(page, [(95, 90), (120, 90), (120, 140), (95, 140)]))[2:] == (10, 30)


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        ([], "neither a polygon nor a box"),
        ([(1, 1)], "encloses no area"),
        ([(1, 1), (50, 1)], "encloses no area"),
        ([(1, 1), (9, 9), (20, 20)], "encloses no area"),
        ([(10, 10), (90, 90), (90, 10), (10, 90)], "encloses no area"),  # a bow tie
        ([(-300, 0), (200, 0), (200, 50), (-300, 50)], "60% of its polygon lies outside the picture of 600 x 400"),
        ([(9e5, 9e5), (1e6, 9e5), (1e6, 1e6)], "100% of its polygon lies outside"),
    ],
)
def test_rejects_polygons_without_a_line(polygon, message):
    with pytest.raises(ValueError, match=message):
        cut(make_page(), polygon)


def line(baseline, polygon=()):
    return TranscribedLine("a", "x", tuple(polygon), tuple(baseline))


def test_puts_a_band_around_lines_with_only_a_baseline():
    """Baselines at 100, 160, 220 and, after a gap, 400; a second column is no neighbour."""
    box = ((0, 0), (10, 0), (10, 10), (0, 10))
    lines = [line([(50, y), (450, y)]) for y in (100, 160, 220, 400)]
    others = [line([(600, 130), (900, 130)]), line([(50, 500), (450, 500)], box)]
    banded = add_bands((*lines, *others))
    assert banded[0].polygon == ((50, 55), (450, 55), (450, 115), (50, 115))  # 60: 45 above, 15 below
    assert banded[4].polygon == ((600, 85), (900, 85), (900, 145), (600, 145))
    assert banded[5].polygon == box


def test_follows_a_bent_baseline():
    bent = [(0, 100), (100, 90), (200, 100)]
    banded = add_bands((line(bent), line([(0, 140), (200, 140)])))
    assert banded[0].polygon == ((0, 70), (100, 60), (200, 70), (200, 110), (100, 100), (0, 110))


def test_rejects_a_single_baseline():
    [banded] = add_bands((line([(0, 100), (200, 100)]),))
    assert "draw a polygon" in banded.fault and banded.polygon == ()
