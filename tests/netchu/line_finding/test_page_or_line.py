"""Page or single line: short lines count, pieces of neighbours do not."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.line_map import map_lines
from netchu.line_finding.page_or_line import shows_single_line
from tests.netchu.synthetic_pages import draw_page

LONG = "Số 253 đường Trần Phú, phường Cẩm Tây, thành phố Cẩm Phả"


def is_single(picture: np.ndarray) -> bool:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return shows_single_line(map_lines(grey), grey.shape)


@pytest.mark.parametrize(
    "texts",
    [[LONG, "Hà Nội"], ["Tổ 12", LONG], ["Số 7", LONG, "Hà Nội"], [LONG, "Huế"]],
    ids=["short last line", "short first line", "short, long, short", "three letters"],
)
@pytest.mark.parametrize("seed", range(4))
def test_short_lines_make_a_page(texts, seed):
    assert not is_single(draw_page(seed, texts=texts, pitch=4.5).image)


@pytest.mark.parametrize("text", ["Huế", "Tổ 12", "Số 7 Ấp 3"])
def test_short_first_line_near_the_edge_makes_a_page(text):
    pages = [draw_page(seed, texts=[text, LONG], pitch=4.5) for seed in range(20, 28)]
    pictures = [page.image[int(page.boxes[:, :, 1].min()) - 12 :] for page in pages]
    assert sum(map(is_single, pictures)) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_picture_ten_times_as_wide_as_high_can_be_a_page(seed):
    text = f"{LONG}, tỉnh Quảng Ninh, {LONG}, tỉnh Quảng Ninh"
    page = draw_page(seed, texts=[text, "Việt Nam"], ragged=False)
    rows = page.boxes[:, :, 1]
    picture = page.image[int(rows.min()) - 12 : int(rows.max()) + 12]
    assert picture.shape[1] > 10 * picture.shape[0]
    assert not is_single(picture)


@pytest.mark.parametrize("seed", range(4))
def test_pieces_of_neighbours_do_not_make_a_page(seed):
    page = draw_page(seed, texts=["Nguyễn Huy Lượng, Quảng Ngãi", LONG, LONG], pitch=3.4, ragged=False)
    top, bottom = page.boxes[1, [0, 2], 1].astype(int)
    assert is_single(page.image[top - 8 : bottom + 8])


@pytest.mark.parametrize("side", [4, 9])
def test_frame_does_not_make_a_page(side):
    picture = draw_page(2, texts=[LONG]).image[20:-20, 20:-20].copy()
    cv2.rectangle(picture, (side, side), (picture.shape[1] - side, picture.shape[0] - side), (30, 30, 30), 4)
    assert is_single(picture)


@pytest.mark.parametrize("seed", range(8))
def test_sparse_tails_below_a_frame_do_not_make_a_page(seed):
    """The frame cuts the tails of the row above, so that they do not touch the edge of the picture."""
    page = draw_page(seed, texts=[LONG], ragged=False)
    top, bottom = page.boxes[0, [0, 2], 1].astype(int)
    size = (bottom - top) // 2
    picture = page.image[top - 2 * size : bottom + 10].copy()
    picture[1:5] = 30
    for x in range(6 * size, picture.shape[1] - 6 * size, 6 * size):
        cv2.ellipse(picture, (x, 7), (size // 2, size), 0, 0, 180, (30, 30, 30), 3, cv2.LINE_AA)
    assert is_single(picture)
