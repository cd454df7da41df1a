"""Columns, spreads and tables: read in order, and as well as their lines alone."""

import itertools

import cv2
import numpy as np
import pytest

from netchu.evaluation.metrics import character_edits
from tests.netchu.synthetic_pages import DrawnPage, draw_page
from tests.netchu.synthetic_tables import draw_cells, lay_out_table


def measure_cer(texts: list[str], read: list[str]) -> float:
    """Return the share of wrong characters."""
    return character_edits(texts, read).edits.sum() / sum(map(len, texts))


def place_side_by_side(pages: list[DrawnPage]) -> np.ndarray:
    """Return pages as the columns of one."""
    height = max(len(page.image) for page in pages)
    return np.hstack(
        [cv2.copyMakeBorder(page.image, 0, height - len(page.image), 0, 0, cv2.BORDER_REPLICATE) for page in pages]
    )


@pytest.mark.parametrize(("lines", "fold"), [(5, False), (7, True)], ids=["two columns", "spread"])
def test_reads_columns_as_well_as_their_lines(recognizer, lines, fold):
    pages = [draw_page(seed, lines=lines, ragged=False) for seed in (1, 2)]
    picture = place_side_by_side(pages)
    if fold:  # the shadow between the pages of a book
        distance = np.abs(np.arange(picture.shape[1]) - pages[0].image.shape[1])
        picture = (picture * (1 - 0.4 * np.exp(-distance / 30))[:, None]).astype(np.uint8)
    page = recognizer.read(picture)
    texts = [text for drawn in pages for text in drawn.texts]
    alone = [recognizer.read(line, "line").text for drawn in pages for line in drawn.lines]
    assert [len(region) for region in page.regions] == [lines, lines]
    assert measure_cer(texts, page.text.split("\n")) <= measure_cer(texts, alone) + 0.02


@pytest.mark.parametrize(("rows", "columns"), [(4, 10), (10, 4)])
def test_reads_a_table_as_well_as_its_cells(recognizer, rows, columns):
    texts, pictures, _ = draw_cells(2, rows, columns)
    page = recognizer.read(lay_out_table(pictures))
    cells = [row.split("\t") for row in page.text.split("\n")]
    assert [len(row) for row in cells] == [columns] * rows
    texts, pictures, cells = (list(itertools.chain.from_iterable(table)) for table in (texts, pictures, cells))
    margins = [
        cv2.copyMakeBorder(picture, 12, 12, 20, 20, cv2.BORDER_CONSTANT, value=(255,) * 3) for picture in pictures
    ]
    alone = [recognizer.read(picture, "line").text for picture in margins]
    assert measure_cer(texts, cells) <= measure_cer(texts, alone) + 0.02


def test_turned_table_keeps_the_positions_of_its_cells(recognizer):
    _, pictures, _ = draw_cells(2, 3, 3)
    picture = lay_out_table(pictures)
    upright, turned = recognizer.read(picture), recognizer.read(np.ascontiguousarray(np.rot90(picture, 2)))
    assert turned.turns == 2 and turned.text == upright.text
    for line, expected in zip(turned.lines, upright.lines, strict=True):
        assert (line.cell.row, line.cell.column) == (expected.cell.row, expected.cell.column)
        corners = np.array(picture.shape[1::-1]) - np.array(expected.cell.corners)
        np.testing.assert_allclose(line.cell.corners, corners, atol=4)
