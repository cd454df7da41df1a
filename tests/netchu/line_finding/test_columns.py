"""Columns: found where lines of text lie side by side, and read one after the other."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.columns import find_columns
from netchu.line_finding.text_lines import find_lines
from tests.netchu.synthetic_pages import draw_page


def draw_columns(seeds: list[int], shift: int = 0, skew: float = 0.0) -> tuple[np.ndarray, int]:
    """Draw pages of five lines side by side, each `shift` pixels lower than the one before; also return the width."""
    pages = [draw_page(seed, texts=[f"Phường Quảng Ninh {n}{seed}" for n in range(5)], ragged=False) for seed in seeds]
    height = max(len(page.image) for page in pages) + shift * len(pages)
    parts = [
        cv2.copyMakeBorder(page.image, shift * n, height - len(page.image) - shift * n, 0, 0, cv2.BORDER_REPLICATE)
        for n, page in enumerate(pages)
    ]
    image = np.hstack(parts)
    matrix = cv2.getRotationMatrix2D((image.shape[1] / 2, height / 2), -skew, 1)
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), parts[0].shape[1]


@pytest.mark.parametrize(("shift", "skew"), [(0, 0), (35, 0), (0, 2)])
def test_reads_two_columns_one_after_the_other(shift, skew):
    image, width = draw_columns([3, 3], shift, skew)
    lines = find_lines(image)
    assert len(lines) == 10
    centres = np.array([line.corners.mean(axis=0) for line in lines])
    assert (centres[:5, 0] < width).all() and (centres[5:, 0] > width).all()
    assert (np.diff(centres[:5, 1]) > 0).all() and (np.diff(centres[5:, 1]) > 0).all()


def test_reads_three_columns():
    assert len(find_lines(draw_columns([3, 4, 5])[0])) == 15


@pytest.mark.parametrize("seed", range(6))
def test_page_of_lines_is_one_column(seed):
    page = draw_page(seed, lines=6, pitch=4)
    ink = (page.image.min(axis=2) < 150).astype(np.uint8)
    assert find_columns(ink, 40) == [(0, ink.shape[1])]


def test_labels_beside_lines_are_no_column():
    ink = np.zeros((400, 900), np.uint8)
    for y in range(40, 360, 60):
        ink[y : y + 20, 20:100] = ink[y : y + 20, 200:860] = 1
    assert find_columns(ink, 20) == [(0, 900)]


def test_blank_page_is_one_column():
    assert find_columns(np.zeros((40, 90), np.uint8), 9) == [(0, 90)]
