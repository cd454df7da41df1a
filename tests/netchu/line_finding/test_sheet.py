"""Sheets of paper on a table: found by their sharp edge, whatever the shading on them."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.sheet import cover_table, find_paper_beside_objects, find_sheet, has_writing_around
from netchu.line_finding.text_lines import find_lines
from tests.netchu.synthetic_pages import draw_page


def sheet_on_table() -> tuple[np.ndarray, np.ndarray]:
    """Draw a shaded sheet with writing on a dark table; return it and a mask of the sheet."""
    picture = np.full((400, 500), 70, np.uint8)
    picture[60:340, 80:440] = np.rint(np.linspace(235, 150, 360)).astype(np.uint8)
    cv2.putText(picture, "HHHHHHHH", (100, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 30, 3)
    sheet = np.zeros_like(picture)
    sheet[60:340, 80:440] = 1
    return picture, sheet


def test_finds_a_shaded_sheet_on_a_table():
    picture, sheet = sheet_on_table()
    mask = find_sheet(picture)
    assert (mask & (1 - sheet)).sum() == 0
    assert mask.sum() > 0.88 * sheet.sum()


@pytest.mark.parametrize(
    "picture",
    [
        np.full((200, 300), 230, np.uint8),
        np.tile(np.rint(np.linspace(240, 60, 300)).astype(np.uint8), (200, 1)),
        np.full((1, 1), 9, np.uint8),
    ],
)
def test_finds_no_sheet_if_paper_fills_the_picture(picture):
    assert find_sheet(picture) is None


def test_covers_the_table_with_the_nearest_paper():
    picture, _ = sheet_on_table()
    mask = find_sheet(picture)
    covered = cover_table(picture, mask)
    np.testing.assert_array_equal(covered[mask > 0], picture[mask > 0])
    assert covered[mask == 0].min() > 130
    np.testing.assert_allclose(covered[200, [5, 495]].astype(int), (230, 155), atol=12)


@pytest.mark.parametrize("factor", [0.45, 0.7])
@pytest.mark.parametrize(
    "shape", [[(0, 350), (900, 350), (900, 900), (0, 900)], [(0, 0), (450, 0), (300, 900), (0, 900)]]
)
@pytest.mark.parametrize("soft", [0, 3])
def test_hard_shadow_hides_no_lines(factor, shape, soft):
    page = draw_page(3, lines=8, ruled=True, ragged=False)
    shadow = cv2.fillPoly(np.ones(page.image.shape[:2], np.float32), [np.array(shape)], factor)
    if soft:
        shadow = cv2.GaussianBlur(shadow, (0, 0), soft)
    assert len(find_lines((page.image * shadow[:, :, None]).astype(np.uint8))) == 8


def test_distinguishes_a_shadow_from_a_table():
    for border in (0, 120):
        page = draw_page(5, lines=6, border=border, skew=3)
        grey = cv2.cvtColor(page.image, cv2.COLOR_RGB2GRAY)
        if not border:
            grey[len(grey) // 2 :] = grey[len(grey) // 2 :] * 0.6
        sheet = find_sheet(grey)
        assert sheet is not None
        assert has_writing_around(grey, sheet) == (not border)


CORNERS = {
    "corner of the table": [(500, 900), (700, 900), (700, 760)],
    "dark stripe along an edge": [(660, 0), (700, 0), (700, 900), (660, 900)],
    "thumb": [(300, 900), (320, 820), (370, 800), (420, 830), (430, 900)],
}


@pytest.mark.parametrize("name", CORNERS)
@pytest.mark.parametrize("tone", [30, 100])
def test_object_at_the_edge_is_no_line(name, tone):
    picture = np.full((900, 700), 225, np.uint8)
    cv2.fillPoly(picture, [np.array(CORNERS[name])], tone)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.5)
    assert find_lines(picture) == []


def test_paper_that_fills_the_picture_has_no_objects():
    assert find_paper_beside_objects(cv2.cvtColor(draw_page(4, lines=5).image, cv2.COLOR_RGB2GRAY)) is None
