"""Sheets of paper on a table: found by their sharp edge, whatever the shading on them."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.sheet import cover_table, find_sheet


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
