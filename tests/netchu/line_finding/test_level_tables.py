"""Tables without ruling: found from the blank strips that all their rows share."""

import numpy as np
import pytest

from netchu.line_finding.level_tables import LineGroup, group_lines
from netchu.line_finding.text_lines import find_lines, find_lines_if_page
from tests.netchu.line_finding.test_tables import list_positions, stack
from tests.netchu.synthetic_pages import draw_page
from tests.netchu.synthetic_tables import draw_cells, lay_out_table


def number_lines(*lines: list[tuple[int, int]]) -> np.ndarray:
    """Return a map of lines ten pixels high, each with ink between these columns of pixels."""
    numbers = np.zeros((20 * len(lines), 1000), np.int16)
    for index, spans in enumerate(lines):
        for left, right in spans:
            numbers[20 * index : 20 * index + 10, left:right] = index + 1
    return numbers


@pytest.mark.parametrize(("rows", "columns"), [(10, 4), (4, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_finds_cells_row_by_row(rows, columns, seed):
    _, pictures, _ = draw_cells(seed, rows, columns)
    lines = find_lines_if_page(lay_out_table(pictures, padding=(60, 16), thickness=0))
    assert list_positions(lines) == [(row, column) for row in range(rows) for column in range(columns)]


def test_reads_text_above_and_below_a_table():
    table = lay_out_table(draw_cells(2, 4, 3)[1], padding=(60, 16), thickness=0)
    texts = ["Số 253 đường Trần Phú, phường Cẩm Tây", "thành phố Cẩm Phả, tỉnh Quảng Ninh"]
    above, below = (draw_page(seed, texts=texts, ragged=False).image for seed in (2, 3))
    lines = find_lines(stack(above, table, below))
    assert list_positions(lines)[2:-2] == [(row, column) for row in range(4) for column in range(3)]
    assert [line.region for line in lines] == [0, 0, *[1] * 12, 2, 2]


@pytest.mark.parametrize("seed", range(8))
def test_pages_of_text_are_no_tables(seed):
    lines = find_lines(draw_page(seed, lines=9, skew=seed - 4).image)
    assert len(lines) == 9 and not any(list_positions(lines))


def test_rows_may_lack_cells():
    numbers = number_lines([(0, 100), (300, 500)], [(0, 60)], [(20, 90), (340, 600)], [(0, 100), (310, 420)])
    assert group_lines(numbers, 40) == [LineGroup(0, 4, [199])]


def test_two_rows_are_no_table():
    numbers = number_lines([(0, 100), (300, 500)], [(0, 100), (300, 500)], [(0, 700)])
    assert group_lines(numbers, 40) == [LineGroup(0, 3, [])]


def test_table_begins_and_ends_with_rows_of_several_cells():
    row = [(0, 100), (300, 500)]
    numbers = number_lines([(0, 90)], [(0, 600)], row, row, row, [(0, 80)])
    assert group_lines(numbers, 40) == [LineGroup(0, 2, []), LineGroup(2, 5, [199]), LineGroup(5, 6, [])]


def test_page_without_lines_has_no_groups():
    assert group_lines(np.zeros((9, 9), np.int16), 4) == []
