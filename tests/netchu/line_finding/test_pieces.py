import cv2
import numpy as np
import pytest

from netchu.line_finding.pieces import find_pieces, keep_pieces, locate_pixels


@pytest.mark.parametrize("seed", range(5))
def test_measures_pieces_as_opencv_does(seed):
    rng = np.random.default_rng(seed)
    ink = (rng.random((int(rng.integers(1, 60)), int(rng.integers(1, 60)))) < 0.3).astype(np.uint8)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = find_pieces(ink)
    rows, columns = np.nonzero(ink)
    assert np.array_equal(pieces.rows, rows) and np.array_equal(pieces.columns, columns)
    assert np.array_equal(pieces.numbers, labels[rows, columns])
    boxes = np.column_stack([pieces.left, pieces.top, pieces.width, pieces.height, pieces.area])
    assert np.array_equal(boxes[1:], stats[1:]) and not boxes[0].any() and len(boxes) == count
    assert np.array_equal(np.column_stack(pieces.find_centres())[1:], centres[1:])


def test_finds_no_piece_on_blank_paper():
    pieces = find_pieces(np.zeros((4, 5), np.uint8))
    assert pieces.area.tolist() == [0] and not len(pieces.numbers)


def test_keeps_the_ink_of_chosen_pieces():
    ink = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], np.uint8)
    pieces = find_pieces(ink)
    assert keep_pieces(ink, pieces, pieces.area == 2).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_locates_pixels_above_zero():
    rows, columns = locate_pixels(np.array([[0, 2, -1], [1, 0, 3]], np.int16))
    assert rows.tolist() == [0, 1, 1] and columns.tolist() == [1, 0, 2]
