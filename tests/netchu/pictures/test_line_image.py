"""Line images: the same writing gives the same image of fixed height, from any picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.core.errors import NetchuError
from netchu.pictures.ink import NoInk
from netchu.pictures.line_image import (
    MAX_ASPECT,
    MIN_WIDTH,
    cut_out,
    line_image,
    line_image_steps,
    locate_line,
    resize,
)
from tests.netchu.pictures.samples import BLANKS, THRESHOLDS, VARIANTS, params, slanted_strokes, strokes


@pytest.mark.parametrize("name", VARIANTS)
def test_width_is_the_same_for_any_light_pen_and_paper(name):
    assert line_image(VARIANTS[name], params()).shape[1] == pytest.approx(506, abs=30)


@pytest.mark.parametrize("name", BLANKS)
def test_rejects_blank_pages(name):
    with pytest.raises(NoInk, match="no ink"):
        line_image(BLANKS[name], params())


def test_blends_transparency_with_white():
    grey = strokes(ink=0, paper=255)
    transparent = np.zeros((*grey.shape, 4), np.uint8)
    transparent[..., 3] = 255 - grey
    np.testing.assert_array_equal(line_image(transparent, params()), line_image(grey, params()))


@pytest.mark.parametrize("slant", [-0.6, -0.3, 0, 0.3, 0.6])
@pytest.mark.parametrize("deslant", [False, True])
def test_corners_surround_the_ink_of_the_picture(slant, deslant):
    picture = slanted_strokes(slant)
    corners = locate_line(picture, params(deslant=deslant)).corners
    inside = cv2.fillConvexPoly(np.zeros_like(picture), np.rint(corners).astype(np.int32), 1)
    ink = picture < 128
    assert inside[ink].mean() > 0.99
    sheared = slant if deslant else 0
    (left, top), (right, _), _, (lower_left, bottom) = corners
    assert lower_left - left == pytest.approx(-sheared * (bottom - top), abs=3)
    # No wider than the writing along its slant.
    rows, columns = np.nonzero(ink)
    along = columns + sheared * rows
    assert right - left == pytest.approx(np.ptp(along), abs=12)
    assert bottom - top == pytest.approx(np.ptp(rows), abs=12)


@pytest.mark.parametrize("left", [0, 5, 12, 40])
def test_margin_shows_what_is_before_the_writing_and_white_beyond_the_picture(left):
    picture = np.random.default_rng(1).integers(0, 256, (70, 200), np.uint8)
    expected = np.pad(picture, ((0, 0), (12, 0)), constant_values=255)[10:58, left:190]
    np.testing.assert_array_equal(cut_out(picture, (left, 10, 178, 58), params(margin=12)), expected)


@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_margin_is_as_wide_for_small_and_large_writing(scale):
    picture = cv2.resize(strokes(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    plain, wide = (locate_line(picture, params(margin=margin)) for margin in (0, 20))
    np.testing.assert_array_equal(wide.corners, plain.corners)
    assert wide.image.shape[1] - plain.image.shape[1] == pytest.approx(20, abs=1)


def test_margin_leaves_room_for_the_writing():
    assert cut_out(np.zeros((300, 1), np.uint8), (0, 0, 1, 300), params(margin=16)).shape == (48, 16 + MIN_WIDTH)


@pytest.mark.parametrize("text", ["1", "-", "l1", "H"])
def test_accepts_single_letters(text):
    page = np.full((60, 60), 255, np.uint8)
    cv2.putText(page, text, (20, 45), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    result = line_image(page, params())
    assert result.shape[0] == 48
    assert result.shape[1] >= MIN_WIDTH
    assert result.min() < 60


@pytest.mark.parametrize("height", [16, 48, 64, 256])
@pytest.mark.parametrize("scale", [0.3, 1, 3])
def test_keeps_aspect_ratio(height, scale):
    page = cv2.resize(strokes(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    result = line_image(page, params(height=height))
    assert result.shape == (height, pytest.approx(height * 727 / 69, rel=0.07))
    assert result.dtype == np.uint8
    assert np.percentile(result, 75) > 240


@given(st.integers(1, 60), st.integers(1, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_any_picture_gives_a_line_image_or_a_one_line_error(height, width, seed):
    rng = np.random.default_rng(seed)
    shape = (height, width, *((), (3,), (4,))[seed % 3])
    page = rng.integers(0, 256, shape) if seed % 2 else 255 * (rng.random(shape) < 0.9)
    for method in THRESHOLDS:
        try:
            steps = line_image_steps(page.astype(np.uint8), params(threshold=method, deslant=seed % 5 == 0, blur=0.5))
        except NetchuError as error:
            assert "\n" not in str(error)
        else:
            assert list(steps) == ["grey", "illumination", "blur", "threshold", "deslope", "deslant", "trim", "resize"]
            assert steps["resize"].shape[0] == 48
            assert steps["resize"].shape[1] >= MIN_WIDTH


@pytest.mark.parametrize("method", THRESHOLDS)
@pytest.mark.parametrize("deslant", [False, True])
def test_last_step_is_the_line_image(method, deslant):
    options = params(threshold=method, deslant=deslant, blur=1, margin=8)
    for picture in (VARIANTS["uneven light"], slanted_strokes(0.4)):
        *_, last = line_image_steps(picture, options).values()
        np.testing.assert_array_equal(last, line_image(picture, options))


@pytest.mark.parametrize("method", THRESHOLDS)
def test_is_deterministic_and_does_not_change_its_argument(method):
    page = VARIANTS["uneven light"]
    before = page.copy()
    first = line_image(page, params(threshold=method, deslant=True, blur=1))
    np.testing.assert_array_equal(line_image(page, params(threshold=method, deslant=True, blur=1)), first)
    np.testing.assert_array_equal(page, before)


def test_line_image_of_a_line_image_is_nearly_the_same():
    once = line_image(strokes(), params(height=100))
    twice = line_image(once, params(height=100))
    assert twice.shape[1] == pytest.approx(once.shape[1], rel=0.03)
    resized = cv2.resize(twice, once.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(resized.astype(int) - once).mean() < 12


def test_rejects_too_wide_writing():
    with pytest.raises(NetchuError, match="not one line"):
        resize(np.zeros((10, 10 * MAX_ASPECT + 1), np.uint8), 48)
    assert resize(np.zeros((10, 10 * MAX_ASPECT), np.uint8), 48).shape == (48, 48 * MAX_ASPECT)


def test_pads_narrow_writing_on_the_right():
    result = resize(np.zeros((96, 6), np.uint8), 48)
    assert result.shape == (48, MIN_WIDTH)
    assert (result[:, :3] == 0).all()
    assert (result[:, 3:] == 255).all()


@pytest.mark.parametrize(
    "values",
    [
        {"margin": 65},
        {"height": 8},
        {"height": 512},
        {"height": "48"},
        {"blur": -1},
        {"threshold": "niblack"},
        {"deslant": 1},
    ],
)
def test_rejects_impossible_parameters(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        params(**values)
