"""The map of a page: ink of the picture has the number of its line at the mapped position."""

import numpy as np
import pytest

from netchu.line_finding.line_map import map_lines
from tests.netchu.synthetic_pages import draw_page


@pytest.mark.parametrize("scale", [0.6, 2.5])
def test_maps_each_line_of_the_picture_to_its_number(scale):
    page = draw_page(3, lines=4, skew=4, scale=scale)
    grey = page.image.min(axis=2)
    line_map = map_lines(grey)
    assert len(line_map.slopes) == 4 and line_map.numbers.size < 2_000_000
    np.testing.assert_allclose(line_map.slopes, 0, atol=0.02)
    for number, corners in enumerate(page.boxes, 1):
        centre, height = corners.mean(axis=0), np.ptp(corners[[0, 3], 1])
        rows, columns = np.nonzero(grey < 100)
        slope = np.divide(*(corners[1] - corners[0])[::-1])
        near = np.abs(rows - centre[1] - slope * (columns - centre[0])) < height / 8
        x, y = np.rint(line_map.matrix @ [columns[near], rows[near], np.ones(near.sum())]).astype(int)
        assert (line_map.numbers[y, x] == number).mean() > 0.9


def test_blank_page_has_no_lines():
    line_map = map_lines(np.full((300, 200), 235, np.uint8))
    assert not len(line_map.slopes) and not line_map.numbers.any()
