"""Wide pictures that certainly show one line: most single lines, and no picture of two."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netchu.line_finding import obvious_line
from netchu.pictures.illumination import normalise_illumination
from netchu.pictures.ink import find_pieces
from tests.netchu.pictures.samples import BLANKS
from tests.netchu.synthetic_pages import draw_page

LONG = "Số 253 đường Trần Phú, phường Cẩm Tây, thành phố Cẩm Phả, tỉnh Quảng Ninh"
SEEDS = range(12)


def is_obvious_line(picture: np.ndarray) -> bool:
    return obvious_line.is_obvious_line(find_pieces(normalise_illumination(picture)))


def draw_wide(seed: int, texts: list[str], margin: int = 12, **options) -> np.ndarray:
    """Return the lines with `margin` pixels of paper above and below, grey."""
    page = draw_page(seed, texts=texts, **options)
    rows = page.boxes[:, :, 1]
    picture = page.image[max(int(rows.min()) - margin, 0) : int(rows.max()) + margin]
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize(
    "options",
    [{}, {"shading": 0.5, "noise": 4}, {"skew": 2}, {"scale": 2.0}],
    ids=["plain", "shaded and noisy", "sloping", "large"],
)
def test_most_single_lines_are_obvious(options):
    found = [is_obvious_line(draw_wide(seed, [LONG], **options)) for seed in SEEDS]
    assert np.mean(found) > 0.7


def test_frame_and_tails_of_a_neighbour_belong_to_an_obvious_line():
    found = []
    for seed in SEEDS:
        picture = draw_wide(seed, [LONG], margin=20)
        height, width = picture.shape
        cv2.rectangle(picture, (5, 5), (width - 6, height - 6), 40, 3)
        for x in range(100, width - 100, 200):
            cv2.line(picture, (x, 0), (x - 6, 14), 40, 3, cv2.LINE_AA)
        found.append(is_obvious_line(picture))
    assert np.mean(found) > 0.7


@pytest.mark.parametrize("pitch", [3.5, 4.5, 6.0])
@pytest.mark.parametrize(
    "texts",
    [[LONG, "Hà Nội"], ["Tổ 12", LONG], [LONG, "Huế"], [LONG, LONG], ["Số 7", LONG, "Hà Nội"]],
    ids=["short last line", "short first line", "three letters", "two", "three"],
)
def test_several_lines_are_not_obvious(texts, pitch):
    for seed in SEEDS:
        assert not is_obvious_line(draw_wide(seed, texts, pitch=pitch, ragged=bool(seed % 2)))


@pytest.mark.parametrize("seed", range(4))
def test_lines_that_touch_each_other_everywhere_are_not_obvious(seed):
    picture = draw_wide(seed, [LONG, LONG], pitch=2.4, ragged=False)
    height, width = picture.shape
    for x in range(10, width, 25):
        cv2.line(picture, (x, height // 4), (x + 4, 3 * height // 4), 40, 2, cv2.LINE_AA)
    assert not is_obvious_line(picture)


@pytest.mark.parametrize("name", BLANKS)
def test_blank_pictures_show_no_line(name):
    blank = BLANKS[name]
    grey = blank if blank.ndim == 2 else np.ascontiguousarray(blank[:, :, 0])
    assert not is_obvious_line(grey[: max(grey.shape[1] // 8, 1)])


def test_picture_that_is_not_wide_is_not_obvious():
    picture = draw_wide(1, [LONG])
    assert is_obvious_line(picture)
    assert not is_obvious_line(picture[:, : 4 * len(picture)])


@given(st.integers(1, 30), st.integers(5, 30), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_any_picture_is_accepted_and_not_changed(height, aspect, seed):
    rng = np.random.default_rng(seed)
    shape = height, height * aspect
    picture = rng.integers(0, 256, shape) if seed % 2 else 255 * (rng.random(shape) < 0.9)
    picture = picture.astype(np.uint8)
    before = picture.copy()
    assert is_obvious_line(picture) in (False, True)
    np.testing.assert_array_equal(picture, before)
