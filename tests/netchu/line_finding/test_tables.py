"""Tables: their cells are found from the ruling and read row by row, with the text around the table in order."""

import cv2
import numpy as np
import pytest

from netchu.line_finding.found_lines import TextLine
from netchu.line_finding.text_lines import find_lines, find_lines_if_page
from tests.netchu.synthetic_pages import draw_page
from tests.netchu.synthetic_tables import draw_cells, lay_out_table


def turn(page: np.ndarray, degrees: float) -> np.ndarray:
    """Return a page turned clockwise."""
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
    return cv2.warpAffine(page, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def list_positions(lines: list[TextLine]) -> list[tuple[int, int] | None]:
    """Return the row and column of each line, None outside tables."""
    return [line.cell and (line.cell.row, line.cell.column) for line in lines]


def stack(*pages: np.ndarray) -> np.ndarray:
    """Return pages one below the other, on paper of one colour."""
    width = max(page.shape[1] for page in pages)
    return np.vstack([cv2.copyMakeBorder(page, 0, 0, 0, width - page.shape[1], cv2.BORDER_REPLICATE) for page in pages])


@pytest.mark.parametrize(("rows", "columns"), [(4, 10), (10, 4), (2, 2)])
@pytest.mark.parametrize(
    ("options", "degrees"),
    [
        ({}, 0),
        ({"tone": 170, "thickness": 1}, 0),
        ({"padding": (6, 4)}, 0),
        ({"thickness": 4}, 2),
        ({"margin": 300}, -1.3),
    ],
    ids=["plain", "pale lines", "tight", "thick lines, turned", "small on the page"],
)
def test_finds_cells_row_by_row(rows, columns, options, degrees):
    _, pictures, _ = draw_cells(3, rows, columns)
    lines = find_lines_if_page(turn(lay_out_table(pictures, **options), degrees))
    assert list_positions(lines) == [(row, column) for row in range(rows) for column in range(columns)]
    assert {line.region for line in lines} == {0}
    for line, picture in zip(lines, [picture for row in pictures for picture in row], strict=True):
        assert line.image.shape[1] == pytest.approx(picture.shape[1], rel=0.1, abs=24)  # and a margin
        box = line.cell.corners
        assert (line.corners.mean(axis=0) > box.min(axis=0)).all() and (
            line.corners.mean(axis=0) < box.max(axis=0)
        ).all()


def test_empty_cells_have_no_lines():
    _, pictures, _ = draw_cells(5, 3, 3)
    pictures[1][0][:] = pictures[2][2][:] = 255
    lines = find_lines(lay_out_table(pictures))
    assert list_positions(lines) == [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 0), (2, 1)]


def test_merged_cell_has_the_column_in_which_it_begins():
    _, pictures, _ = draw_cells(5, 4, 3)
    pictures[0][1] = cv2.copyMakeBorder(pictures[0][1], 0, 0, 0, 0, cv2.BORDER_CONSTANT)
    pictures[0][2] = np.full_like(pictures[0][2], 255)
    page = lay_out_table(pictures)
    left = 80 + sum(max(row[column].shape[1] for row in pictures) + 32 for column in range(2))
    page[84 : 84 + max(picture.shape[0] for picture in pictures[0]) + 18, left - 4 : left + 5] = 245
    positions = list_positions(find_lines(page))
    assert positions == [(0, 0), (0, 1), *((row, column) for row in (1, 2, 3) for column in range(3))]


def test_cell_of_several_lines_is_read_from_top_to_bottom():
    _, pictures, _ = draw_cells(4, 3, 3)
    for row in pictures:
        row[1] = draw_page(4, texts=["Xã Hòa An", "Phường 3"], ragged=False).image[60:-60, 60:-60]
    lines = find_lines(lay_out_table(pictures))
    assert list_positions(lines) == [(row, column) for row in range(3) for column in (0, 1, 1, 2)]
    centres = [line.corners[:, 1].mean() for line in lines]
    assert all(centres[4 * row + 1] < centres[4 * row + 2] for row in range(3))


def test_reads_text_above_and_below_a_table():
    table = lay_out_table(draw_cells(6, 3, 3)[1])
    above, below = (draw_page(seed, lines=2).image for seed in (6, 7))
    lines = find_lines(stack(above, table, below))
    assert list_positions(lines) == [
        None,
        None,
        *((row, column) for row in range(3) for column in range(3)),
        None,
        None,
    ]
    assert [line.region for line in lines] == [0, 0, *[1] * 9, 2, 2]


def test_reads_tables_side_by_side_one_after_the_other():
    tables = [lay_out_table(draw_cells(8, 3, 2)[1]) for _ in range(2)]
    lines = find_lines(np.hstack(tables))
    assert list_positions(lines) == [(row, column) for row in range(3) for column in range(2)] * 2
    assert [line.region for line in lines] == [0] * 6 + [1] * 6


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["squared", "ruled with a margin", "framed", "in a column of boxes"])
def test_other_ruled_pages_are_no_tables(kind, seed):
    drawn = draw_page(seed, lines=6, pitch=4)
    page = drawn.image.copy()
    height, width = page.shape[:2]
    step = (drawn.boxes[1, 0, 1] - drawn.boxes[0, 0, 1]).astype(int) // (1 if kind != "squared" else 2)
    for y in range(20, height, max(step, 20)):
        if kind != "framed":
            cv2.line(page, (0, y), (width, y), (150, 170, 205), 2)
    for x in range(20, width, max(step, 20)):
        if kind == "squared":
            cv2.line(page, (x, 0), (x, height), (150, 170, 205), 2)
    if kind == "ruled with a margin":
        cv2.line(page, (70, 0), (70, height), (205, 120, 120), 2)
    if kind in ("framed", "in a column of boxes"):
        cv2.rectangle(page, (20, 20), (width - 20, height - 20), (60, 60, 60), 3)
    assert not any(list_positions(find_lines(page)))


def test_line_in_a_form_is_not_divided():
    picture = draw_page(2, texts=["Số 253 đường Trần Phú, phường Cẩm Tây"]).image[20:-20, 20:-20].copy()
    height, width = picture.shape[:2]
    for x in (4, width // 5, width - 6):
        cv2.line(picture, (x, 0), (x, height), (40, 40, 40), 3)
    for y in (6, height - 8):
        cv2.line(picture, (0, y), (width, y), (40, 40, 40), 3)
    assert not find_lines_if_page(picture)
    assert not any(list_positions(find_lines(picture)))
