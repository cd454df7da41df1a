"""Crops: each line level, at the page's scale, without its neighbours and without ruled lines."""

import numpy as np
import pytest

from netchu.line_finding.text_lines import find_lines
from tests.netchu.synthetic_pages import draw_page


def test_crops_lines_level_at_the_scale_of_the_page():
    page = draw_page(4, lines=4, skew=5)
    for line, alone in zip(find_lines(page.image), page.lines, strict=True):
        height, width = line.image.shape[:2]
        sides = np.hypot(*(line.corners[[1, 3]] - line.corners[0]).T)
        assert (width, height) == pytest.approx(sides, abs=1)
        ink = np.argwhere(line.image.min(axis=2) < 140)
        expected = np.argwhere(alone.min(axis=2) < 140)
        assert np.ptp(ink, axis=0) == pytest.approx(np.ptp(expected, axis=0), abs=8)


def test_hides_neighbours():
    page = draw_page(5, lines=6, pitch=3.0, ragged=False)
    for line, alone in zip(find_lines(page.image), page.lines, strict=True):
        ink, expected = ((image.min(axis=2) < 140).sum() for image in (line.image, alone))
        assert ink == pytest.approx(expected, rel=0.05)


def test_hides_ruled_lines_and_keeps_letters():
    options = {"lines": 5, "skew": 2}
    ruled, unruled = (find_lines(draw_page(6, ruled=value, **options).image) for value in (True, False))
    for lines in zip(ruled, unruled, strict=True):
        ink, expected = ((line.image.min(axis=2) < 160).sum() for line in lines)
        assert ink == pytest.approx(expected, rel=0.12)
