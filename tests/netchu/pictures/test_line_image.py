import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netchu.core.errors import NetchuError
from netchu.pictures.line_image import (
    MAX_ASPECT,
    MIN_WIDTH,
    SAUVOLA_K,
    NoInk,
    PreprocessParams,
    deslant,
    has_ink,
    ink_box,
    line_image,
    line_image_steps,
    normalise_illumination,
    required_frames,
    resize,
    sauvola,
    threshold,
    to_grey,
    trim,
)

BOX = (40, 20, 760, 80)
"""Left, top, right and bottom of what `strokes` draws."""

THRESHOLDS = ("none", "otsu", "adaptive", "sauvola")


def params(**values):
    return PreprocessParams(**{"height": 48, "blur": 0, "threshold": "none", "deslant": False, **values})


def strokes(ink=60, paper=235, width=3, shear=0.0) -> np.ndarray:
    """A line of 24 upright 'H', alternately tall and short, on a page of 800 x 100 pixels."""
    page = np.full((100, 800), paper, np.uint8)
    left, top, right, bottom = BOX
    for number, x in enumerate(np.linspace(left, right - 20, 24)):
        y = top if number % 2 == 0 else 45
        middle = (y + bottom) // 2
        for one, other in (((x, y), (x, bottom)), ((x + 18, y), (x + 18, bottom)), ((x, middle), (x + 18, middle))):
            points = [(round(px - shear * (py - bottom)), py) for px, py in (one, other)]
            cv2.line(page, *points, ink, width, cv2.LINE_AA)
    return page


def grainy(page, deviation=3.0) -> np.ndarray:
    return np.clip(np.random.default_rng(0).normal(page, deviation), 0, 255).round().astype(np.uint8)


def shaded(page, least=0.3) -> np.ndarray:
    return np.rint(page * np.linspace(1, least, page.shape[1])).astype(np.uint8)


def ruled(page, ink=130) -> np.ndarray:
    page = page.copy()
    for y in (6, 62, 92):
        cv2.line(page, (0, y), (799, y + 4), ink, 2, cv2.LINE_AA)
    return page


def framed(page) -> np.ndarray:
    page = page.copy()
    cv2.rectangle(page, (4, 5), (790, 94), 40, 3)
    return page


def dusty(page) -> np.ndarray:
    page = page.copy()
    page[2:4, 20:22] = page[96:98, 790:792] = page[4:6, 780:782] = 40
    return page


VARIANTS = {
    "ink on paper": strokes(),
    "dark photo": grainy(strokes() * 0.2, 1),
    "light pencil": grainy(strokes(ink=200), 2),
    "uneven light": grainy(shaded(strokes())),
    "hard shadow": np.hstack([strokes()[:, :400], strokes()[:, 400:] // 2]),
    "grain": grainy(strokes(), 15),
    "thick pen": strokes(width=5),
    "white on black": 255 - strokes(),
    "ruled paper": ruled(strokes()),
    "ruled paper in uneven light": grainy(shaded(ruled(strokes(), 170), 0.5)),
    "form": framed(strokes()),
    "dust": dusty(strokes()),
    "JPEG": cv2.imdecode(cv2.imencode(".jpg", strokes(), [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_GRAYSCALE),
}

BLANK = np.full((100, 800), 235, np.uint8)

BLANKS = {
    "white": np.full((100, 800), 255, np.uint8),
    "grey": np.full((100, 800), 128, np.uint8),
    "black": np.zeros((100, 800), np.uint8),
    "grain": grainy(BLANK, 5),
    "much grain": grainy(BLANK // 2, 30),
    "grain in the dark": grainy(BLANK // 8, 3),
    "shading": shaded(BLANK),
    "shading and grain": grainy(shaded(BLANK)),
    "shading in the dark": shaded(BLANK // 4),
    "shadow": np.hstack([BLANK[:, :400], BLANK[:, 400:] // 2]),
    "ruled lines": ruled(BLANK),
    "frame": framed(BLANK),
    "dust": dusty(BLANK),
    "one pixel": np.full((1, 1), 7, np.uint8),
    "one row": np.full((1, 300), 200, np.uint8),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_writing_looks_alike_whatever_the_light_the_pen_and_the_paper(name):
    assert has_ink(VARIANTS[name])
    normalised = normalise_illumination(VARIANTS[name])
    assert ink_box(normalised) == pytest.approx(BOX, abs=4)
    ink = strokes() < 100
    away = cv2.dilate((ruled(framed(dusty(strokes()))) < 225).astype(np.uint8), np.ones((9, 9))) == 0
    assert np.median(normalised[ink]) < 60
    assert np.median(normalised[away]) > 240
    assert line_image(VARIANTS[name], params()).shape[1] == pytest.approx(506, abs=30)


@pytest.mark.parametrize("name", BLANKS)
def test_blank_pages_have_no_ink_and_stay_light(name):
    assert not has_ink(BLANKS[name])
    with pytest.raises(NoInk, match="no ink"):
        line_image(BLANKS[name], params())
    assert np.mean(normalise_illumination(BLANKS[name]) > 128) > 0.85


@pytest.mark.parametrize("method", THRESHOLDS)
@pytest.mark.parametrize("name", ["ink on paper", "dark photo", "light pencil", "uneven light"])
def test_thresholds_separate_ink_from_paper(method, name):
    result = threshold(normalise_illumination(VARIANTS[name]), method)
    assert result[strokes() < 70].mean() < 40
    assert result[strokes() == 235].mean() > 230
    if method != "none":
        assert set(np.unique(result)) == {0, 255}


def test_sauvola_is_its_formula():
    image = np.random.default_rng(3).integers(0, 256, (20, 31)).astype(np.uint8)
    window = 7
    padded = np.pad(image, window // 2, mode="symmetric").astype(np.float64)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            patch = padded[row : row + window, column : column + window]
            limit = patch.mean() * (1 + SAUVOLA_K * (patch.std() / 128 - 1))
            assert sauvola(image, window)[row, column] == (255 if image[row, column] > limit else 0)


def test_transparent_background_is_white_and_colour_is_luminance():
    grey = strokes(ink=0, paper=255)
    transparent = np.zeros((*grey.shape, 4), np.uint8)
    transparent[..., 3] = 255 - grey
    np.testing.assert_array_equal(to_grey(transparent), grey)
    np.testing.assert_array_equal(to_grey(np.dstack([grey] * 3)), grey)
    assert to_grey(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)).tolist() == [[76, 150, 29]]
    np.testing.assert_array_equal(line_image(transparent, params()), line_image(grey, params()))


def test_every_transparency_of_every_grey():
    grey, alpha = np.meshgrid(np.arange(256), np.arange(256))
    blended = np.rint((grey * alpha + 255 * (255 - alpha)) / 255)
    np.testing.assert_array_equal(to_grey(np.dstack([grey] * 3 + [alpha]).astype(np.uint8)), blended)


def test_transparency_takes_few_bytes_a_pixel():
    image = np.full((1000, 1000, 4), 200, np.uint8)
    tracemalloc.start()
    to_grey(image)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * 10**6


@pytest.mark.parametrize("shear", [-0.6, -0.3, 0.3, 0.6])
def test_deslant_straightens_a_sheared_line(shear):
    def sharpness(image):
        return float(np.square((255.0 - image).sum(axis=0)).sum() / np.square(255.0 - image).sum())

    # Away from the border, so that the shear does not leave the page.
    upright = cv2.copyMakeBorder(strokes(ink=0, paper=255), 0, 0, 60, 60, cv2.BORDER_CONSTANT, value=255)
    matrix = np.array([[1, -shear, 50 * shear], [0, 1, 0]])
    slanted = cv2.warpAffine(upright, matrix, upright.shape[::-1], borderValue=255)
    straightened = deslant(slanted)
    assert sharpness(straightened) > 0.85 * sharpness(upright) > 1.5 * sharpness(slanted)
    assert straightened.shape[0] == upright.shape[0]
    assert (255.0 - straightened).sum() == pytest.approx((255.0 - upright).sum(), rel=0.05)


def test_deslant_leaves_upright_and_blank_pages_alone():
    np.testing.assert_array_equal(deslant(strokes(ink=0, paper=255)), strokes(ink=0, paper=255))
    np.testing.assert_array_equal(deslant(BLANKS["white"]), BLANKS["white"])


def test_trim_keeps_marks_above_and_a_full_stop_at_the_end():
    page = strokes(ink=0, paper=255)
    cv2.circle(page, (780, 78), 3, 0, -1)
    cv2.line(page, (300, 14), (308, 8), 0, 3)
    left, top, right, bottom = ink_box(page)
    assert (left, top, right, bottom) == pytest.approx((40, 7, 784, 82), abs=3)
    assert trim(page).shape == pytest.approx((bottom - top + 6, right - left + 6), abs=4)


def test_letters_that_touch_a_ruled_line_are_kept():
    page = ruled(strokes())
    page[62:70, 760:780] = page[62:70, 20:40] = 235
    assert ink_box(normalise_illumination(page)) == pytest.approx(BOX, abs=4)


@pytest.mark.parametrize("text", ["1", "-", "l1", "Hà"[:1]])
def test_a_single_letter_is_a_line(text):
    page = np.full((60, 60), 255, np.uint8)
    cv2.putText(page, text, (20, 45), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    result = line_image(page, params())
    assert result.shape[0] == 48
    assert result.shape[1] >= MIN_WIDTH
    assert result.min() < 60


@pytest.mark.parametrize("height", [16, 48, 64, 256])
@pytest.mark.parametrize("scale", [0.3, 1, 3])
def test_aspect_ratio_is_kept(height, scale):
    page = cv2.resize(strokes(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    result = line_image(page, params(height=height))
    assert result.shape == (height, pytest.approx(height * 727 / 69, rel=0.07))
    assert result.dtype == np.uint8
    assert np.percentile(result, 75) > 240


@given(st.integers(1, 60), st.integers(1, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_any_picture_gives_a_line_image_or_an_error_for_people(height, width, seed):
    rng = np.random.default_rng(seed)
    shape = (height, width, *((), (3,), (4,))[seed % 3])
    page = rng.integers(0, 256, shape) if seed % 2 else 255 * (rng.random(shape) < 0.9)
    for method in THRESHOLDS:
        try:
            steps = line_image_steps(page.astype(np.uint8), params(threshold=method, deslant=seed % 5 == 0, blur=0.5))
        except NetchuError as error:
            assert "\n" not in str(error)
        else:
            assert list(steps) == ["grey", "illumination", "blur", "threshold", "deslant", "trim", "resize"]
            assert steps["resize"].shape[0] == 48
            assert steps["resize"].shape[1] >= MIN_WIDTH


@pytest.mark.parametrize("method", THRESHOLDS)
def test_line_image_is_deterministic_and_leaves_its_argument_alone(method):
    page = VARIANTS["uneven light"]
    before = page.copy()
    first = line_image(page, params(threshold=method, deslant=True, blur=1))
    np.testing.assert_array_equal(line_image(page, params(threshold=method, deslant=True, blur=1)), first)
    np.testing.assert_array_equal(page, before)


def test_line_image_of_a_line_image_is_nearly_itself():
    once = line_image(strokes(), params(height=100))
    twice = line_image(once, params(height=100))
    assert twice.shape[1] == pytest.approx(once.shape[1], rel=0.03)
    resized = cv2.resize(twice, once.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(resized.astype(int) - once).mean() < 12


def test_writing_far_too_wide_is_refused():
    with pytest.raises(NetchuError, match="not one line"):
        resize(np.zeros((10, 10 * MAX_ASPECT + 1), np.uint8), 48)
    assert resize(np.zeros((10, 10 * MAX_ASPECT), np.uint8), 48).shape == (48, 48 * MAX_ASPECT)


def test_narrow_writing_is_padded_with_white_on_the_right():
    result = resize(np.zeros((96, 6), np.uint8), 48)
    assert result.shape == (48, MIN_WIDTH)
    assert (result[:, :3] == 0).all()
    assert (result[:, 3:] == 255).all()


@pytest.mark.parametrize(
    ("text", "frames"),
    [("", 0), ("a", 1), ("ab", 2), ("aa", 3), ("aaa", 5), ("Aa", 2), ("Nguyễễn", 8), ("111/1", 7)],
)
def test_required_frames(text, frames):
    assert required_frames(text) == frames


@pytest.mark.parametrize(
    "values", [{"height": 8}, {"height": 512}, {"height": "48"}, {"blur": -1}, {"threshold": "niblack"}, {"deslant": 1}]
)
def test_impossible_parameters_are_refused(values):
    with pytest.raises(ValidationError):
        params(**values)
