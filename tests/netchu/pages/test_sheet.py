import cv2
import numpy as np
import pytest

from netchu.pages.sheet import sheet_mask, straight_lines


def test_a_sheet_on_a_table_is_found_and_its_shading_is_none_of_the_table():
    picture = np.full((400, 500), 70, np.uint8)
    picture[60:340, 80:440] = np.rint(np.linspace(235, 150, 360)).astype(np.uint8)
    cv2.putText(picture, "HHHHHHHH", (100, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 30, 3)
    mask = sheet_mask(picture)
    true = np.zeros_like(picture)
    true[60:340, 80:440] = 1
    assert (mask & (1 - true)).sum() == 0
    assert mask.sum() > 0.88 * true.sum()


@pytest.mark.parametrize(
    "picture",
    [
        np.full((200, 300), 230, np.uint8),
        np.tile(np.rint(np.linspace(240, 60, 300)).astype(np.uint8), (200, 1)),
        np.full((1, 1), 9, np.uint8),
    ],
)
def test_paper_that_fills_the_picture_is_no_sheet_on_a_table(picture):
    assert sheet_mask(picture) is None


@pytest.mark.parametrize("tone", [20, 140])
@pytest.mark.parametrize("upright", [False, True])
def test_straight_lines_are_found_and_what_crosses_them_is_not(tone, upright):
    rule, ink = (np.full((120, 400), 255, np.uint8) for _ in range(2))
    cv2.line(rule, (0, 60), (399, 66), tone, 2)
    for x in range(30, 380, 40):
        cv2.line(ink, (x, 30), (x, 90), 0, 4)
    picture = np.minimum(rule, ink)
    if upright:
        rule, ink, picture = (np.ascontiguousarray(image.T) for image in (rule, ink, picture))
    found = straight_lines(picture, 14) > 0
    assert found[(rule < 255) & (cv2.erode(ink, np.ones((9, 9), np.uint8)) == 255)].all()
    assert not found[ink < 255].any()
    assert not straight_lines(ink, 14).any()
