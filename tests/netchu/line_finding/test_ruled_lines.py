"""Printed lines: found without the ink that crosses them."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.ruled_lines import find_ruled_lines, find_straight_lines


@pytest.mark.parametrize("tone", [20, 140])
@pytest.mark.parametrize("upright", [False, True])
def test_finds_straight_lines_without_crossing_ink(tone, upright):
    rule, ink = (np.full((120, 400), 255, np.uint8) for _ in range(2))
    cv2.line(rule, (0, 60), (399, 66), tone, 2)
    for x in range(30, 380, 40):
        cv2.line(ink, (x, 30), (x, 90), 0, 4)
    picture = np.minimum(rule, ink)
    if upright:
        rule, ink, picture = (np.ascontiguousarray(image.T) for image in (rule, ink, picture))
    found = find_straight_lines(picture, 14) > 0
    assert found[(rule < 255) & (cv2.erode(ink, np.ones((9, 9), np.uint8)) == 255)].all()
    assert not found[ink < 255].any()
    assert not find_straight_lines(ink, 14).any()


def test_bars_of_letters_in_a_row_are_not_ruled_lines():
    picture = np.full((200, 600), 255, np.uint8)
    cv2.line(picture, (0, 150), (599, 150), 150, 2)
    cv2.putText(picture, "EEEEEEEEEEEE", (20, 100), cv2.FONT_HERSHEY_SIMPLEX, 2, 0, 3)
    assert find_straight_lines(picture, 12)[:120].any()
    found = find_ruled_lines(picture, (picture < 200).astype(np.uint8))
    assert not found[:120].any()
    assert found[150].mean() > 0.95
