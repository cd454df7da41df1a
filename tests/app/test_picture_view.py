import cv2
import numpy as np
import pytest

from app.picture_view import crop_to_writing, draw_overview, encode_jpeg
from netchu.pages.page import Line, Page


def decode(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


@pytest.mark.parametrize("channels", [(), (3,), (4,)])
def test_frames_lines_on_reduced_copy(channels):
    corners = [((400, top), (2800, top), (2800, top + 300), (400, top + 300)) for top in (300, 1000)]
    page = Page(3200, 1600, tuple(Line((), line) for line in corners))
    shown = decode(draw_overview(np.full((1600, 3200, *channels), 255, np.uint8), page))
    assert shown.shape == (800, 1600, 3)
    blue = shown[:, :, 0] < 120
    for top in (150, 500):
        assert blue[top - 2 : top + 3, 800].any() and blue[top + 148 : top + 153, 800].any()
    assert not blue[:140].any() and not blue[330:480].any() and not blue[:, 1410:].any()


def test_does_not_frame_single_line():
    page = Page(900, 80, (Line((), ((0, 0), (900, 0), (900, 80), (0, 80))),))
    assert (decode(draw_overview(np.full((80, 900), 240, np.uint8), page)) > 230).all()


def test_draws_smallest_picture():
    assert decode(draw_overview(np.full((1, 1), 240, np.uint8), Page(1, 1, ()))).shape == (1, 1, 3)


def test_keeps_colours():
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    assert (np.abs(decode(encode_jpeg(red)).astype(int) - red) < 8).all()


@pytest.mark.parametrize(("alpha", "expected"), [(255, (200, 40, 90)), (0, (255, 255, 255)), (51, (244, 212, 222))])
def test_shows_transparency_over_white(alpha, expected):
    picture = np.full((16, 16, 4), (200, 40, 90, alpha), np.uint8)
    for shown in (encode_jpeg(picture), draw_overview(picture, Page(16, 16, ()))):
        assert np.abs(decode(shown).astype(int) - expected).max() < 8


def test_crops_photograph_to_line():
    picture = np.full((1200, 1600, 3), 235, np.uint8)
    cv2.putText(picture, "nam dong hung ban", (300, 600), cv2.FONT_HERSHEY_SCRIPT_COMPLEX, 2.5, (40, 40, 60), 4)
    rows, columns = np.nonzero(picture[:, :, 0] < 200)
    cut = crop_to_writing(picture)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert 1.5 * height < cut.shape[0] < 2.5 * height
    assert width < cut.shape[1] < width + 2 * height
    assert np.count_nonzero(cut[:, :, 0] < 200) == len(rows)
