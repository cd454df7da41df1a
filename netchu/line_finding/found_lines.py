"""A line of writing that was found on a page."""

from typing import NamedTuple

import numpy as np


class PageCell(NamedTuple):
    """A cell of a table on a page."""

    row: int  # of the table, from 0
    column: int  # of the table, from 0
    corners: np.ndarray  # float32 (4, 2), as those of a line


class TextLine(NamedTuple):
    """A line of writing on a page."""

    corners: np.ndarray  # float32 (4, 2), x and y in pixels of the page: top left, top right, bottom right, bottom left
    image: np.ndarray  # uint8 (height, width) or (height, width, 3): this line alone, level, at the page's scale
    region: int = 0  # number of the column or table on the page, from 0
    cell: PageCell | None = None  # None outside tables
