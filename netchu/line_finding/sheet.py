"""A sheet of paper on a darker table or beside dark objects: finding it, and covering what is around it."""

import cv2
import numpy as np

from netchu.line_finding.page_ink import measure_word_height, remove_blots
from netchu.line_finding.pieces import find_pieces

_EDGE_RATIO = 1.35
"""Least ratio of the brightness inside the edge of a sheet to that outside; the edge of a shadow is softer."""

_DIM = 30
"""Grey levels added to both sides of an edge, because ratios of nearly black levels are unreliable."""

_OBJECT = 0.65
"""Greatest brightness of an object, as a share of that of the paper."""

_INK_DARKNESS = 80
"""Least darkness of ink relative to the paper around it, 0 to 255; the grain of a table is paler."""

_LEAST_LETTERS = 4
"""Least number of letters in a shadow."""

_LETTER_SHARE = 0.1
"""Least density of letters in a shadow, as a share of their density on the rest of the page."""

_MIN_SHEET = 0.15
"""Least share of the picture that a sheet fills."""


def find_sheet(grey: np.ndarray) -> np.ndarray | None:
    """Find a sheet of paper on a darker table.

    The sheet is the largest bright area, if most of its edge is sharp; shading has no sharp edge.

    Args:
        grey: uint8 (height, width), the picture with its original brightness.

    Returns:
        uint8 (height, width), 1 on the sheet without a narrow rim, else 0; None if the paper fills the picture.
    """
    height, width = grey.shape
    factor = max(min(height, width) / 160, 1)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced = cv2.medianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), 5)
    # Writing is as dark as a table, but thin.
    reduced = cv2.morphologyEx(reduced, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    _, bright = cv2.threshold(reduced, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(bright, connectivity=4)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not len(areas) or not _MIN_SHEET * bright.size <= areas.max() <= 0.97 * bright.size:
        return None
    sheet = (labels == 1 + areas.argmax()).astype(np.uint8)
    outlines, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    sheet = cv2.drawContours(np.zeros_like(sheet), outlines, -1, 1, cv2.FILLED)
    x, y = outlines[0].reshape(-1, 2).T
    inner = (x > 2) & (x < size[0] - 3) & (y > 2) & (y < size[1] - 3)
    if not inner.any() or np.median(_find_sharp_edges(reduced)[y[inner], x[inner]]) < 0.5:
        return None
    sheet = cv2.erode(sheet, np.ones((5, 5), np.uint8))
    return cv2.resize(sheet, (width, height), interpolation=cv2.INTER_NEAREST)


def _find_sharp_edges(reduced: np.ndarray) -> np.ndarray:
    """Return True where the brightness within two pixels differs as at the edge of a sheet; bool like `reduced`."""
    square = np.ones((5, 5), np.uint8)
    lightest, darkest = (step(reduced, square).astype(np.float32) + _DIM for step in (cv2.dilate, cv2.erode))
    return lightest / darkest >= _EDGE_RATIO


def find_paper_beside_objects(grey: np.ndarray) -> np.ndarray | None:
    """Find dark objects at the edges of a picture that paper fills otherwise, such as a corner of the table.

    Args:
        grey: uint8 (height, width), the picture with its original brightness.

    Returns:
        uint8 (height, width), 0 on the objects and a narrow rim, else 1; None if there are none.
    """
    height, width = grey.shape
    factor = max(min(height, width) / 160, 1)
    size = (max(round(width / factor), 1), max(round(height / factor), 1))
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    # The edges are repeated, so that what lies along an edge is as thick as what goes on beyond it.
    padded = cv2.copyMakeBorder(cv2.medianBlur(reduced, 3), 9, 9, 9, 9, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))[9:-9, 9:-9]
    dark = (closed < _OBJECT * np.median(closed)).astype(np.uint8)
    count, labels = cv2.connectedComponents(dark, connectivity=8)
    sharp = _find_sharp_edges(closed)
    outlines = cv2.dilate(dark, np.ones((3, 3), np.uint8)) - cv2.erode(dark, np.ones((3, 3), np.uint8), borderValue=1)
    outline_labels = cv2.dilate(labels.astype(np.uint16), np.ones((3, 3), np.uint8))[outlines > 0]
    lengths = np.bincount(outline_labels, minlength=count)
    sharp_lengths = np.bincount(outline_labels, sharp[outlines > 0], count)
    is_object = sharp_lengths > lengths / 2
    is_object &= np.isin(np.arange(count), np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    is_object[0] = False
    objects = is_object[labels].astype(np.uint8)
    if not objects.any():
        return None
    paper = 1 - cv2.dilate(objects, np.ones((9, 9), np.uint8))  # wide enough for corners that the closing has cut
    return cv2.resize(paper, (width, height), interpolation=cv2.INTER_NEAREST)


def has_writing_around(grey: np.ndarray, sheet: np.ndarray) -> bool:
    """Return True if there is writing around a sheet: what is there is paper in a shadow, and no table.

    Args:
        grey: uint8 (height, width), the picture with its original brightness.
        sheet: from `find_sheet` or `find_paper_beside_objects`.
    """
    height, width = grey.shape
    reduced = cv2.resize(grey, (max(width // 8, 1), max(height // 8, 1)), interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(reduced, 31)
    darkness = 255 - cv2.divide(grey, cv2.max(cv2.resize(paper, grey.shape[::-1]), 1), scale=255)
    ink = (cv2.GaussianBlur(darkness, (0, 0), 0.7) > _INK_DARKNESS).astype(np.uint8)
    word_height = measure_word_height(remove_blots(ink & sheet))
    rim = max(round(word_height), 5)
    around = cv2.erode(1 - sheet, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8), borderValue=1)
    letters, letters_around = (_count_letters(ink & region, word_height) for region in (sheet, around))
    return letters_around >= max(_LEAST_LETTERS, _LETTER_SHARE * letters * around.sum() / max(sheet.sum(), 1))


def _count_letters(ink: np.ndarray, word_height: float) -> int:
    """Return the number of pieces of ink as high as letters, and not solid."""
    pieces = find_pieces(ink)
    width, height = pieces.width, pieces.height
    is_letter = (height > 0.5 * word_height) & (height < 2.5 * word_height) & (width < 8 * height)
    return int((is_letter & (pieces.area < 0.7 * width * height)).sum())


def cover_table(grey: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """Make the table around a sheet as bright as the nearest paper.

    Args:
        grey: uint8 (height, width), the picture with its original brightness.
        sheet: from `find_sheet` or `find_paper_beside_objects`.

    Returns:
        uint8 (height, width).
    """
    size = (max(grey.shape[1] // 8, 1), max(grey.shape[0] // 8, 1))
    inside = cv2.erode(cv2.resize(sheet, size, interpolation=cv2.INTER_NEAREST), np.ones((3, 3), np.uint8))
    inside[0] = inside[-1] = 0
    inside[:, 0] = inside[:, -1] = 0
    if not inside.any():
        return grey
    reduced = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    paper = cv2.dilate(np.where(inside > 0, reduced, 0), np.ones((7, 7), np.uint8))  # without the writing
    _, nearest = cv2.distanceTransformWithLabels(1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    brightness = np.zeros(nearest.max() + 1, np.uint8)
    brightness[nearest[inside > 0]] = paper[inside > 0]
    filled = cv2.GaussianBlur(brightness[nearest], (0, 0), 2)
    return np.where(sheet > 0, grey, cv2.resize(filled, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))
