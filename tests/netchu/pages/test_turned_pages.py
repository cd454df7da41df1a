"""Turned pictures: read as if upright, with positions in the picture as it is."""

import numpy as np
import pytest

from netchu.line_finding.text_lines import find_lines_if_page
from tests.netchu.synthetic_pages import draw_page


@pytest.mark.parametrize("options", [{"lines": 2}, {"lines": 1}])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_picture_is_read_as_if_upright(recognizer, options, turns):
    picture = draw_page(3, **options).image
    turned = np.rot90(picture, -turns)
    expected, page = recognizer.read(picture), recognizer.read(turned)
    assert page.turns == turns and not expected.turns
    assert page.text == expected.text
    assert (page.height, page.width) == turned.shape[:2]
    for line, upright in zip(page.lines, expected.lines, strict=True):
        marked, marked_upright = (np.zeros(image.shape[:2], bool) for image in (turned, picture))
        left, top, right, bottom = line.box
        marked[top:bottom, left:right] = True
        left, top, right, bottom = upright.box
        marked_upright[top:bottom, left:right] = True
        difference = np.rot90(marked, turns) ^ marked_upright
        assert difference.sum() <= 0.03 * marked.sum()
    pictures = recognizer.crop_line_pictures(turned, page)
    assert [recognizer.read(image, "line").text for image in pictures] == page.text.split("\n")


def test_upright_page_is_read_once(recognizer, monkeypatch):
    searched = []

    def find(picture: np.ndarray) -> list:
        searched.append(picture)
        return find_lines_if_page(picture)

    monkeypatch.setattr("netchu.line_finding.text_lines.find_lines_if_page", find)
    assert len(recognizer.read(draw_page(3, lines=3).image).lines) == 3
    assert len(searched) == 1
