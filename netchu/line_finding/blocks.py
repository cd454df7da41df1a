"""The blocks of a page in the order of reading: tables, and the areas of text above, beside and below them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netchu.line_finding.tables import Cell


class Block(NamedTuple):
    """A rectangular part of a page."""

    left: int
    top: int
    right: int
    bottom: int
    table: int | None = None  # number of the table; None for text


def order_blocks(tables: Sequence[Sequence[Cell]], page: Block) -> Iterator[Block]:
    """Yield the tables of a page, and the areas of text around them: above, then from left to right, then below.

    Args:
        tables: the cells of each.
        page: all of it, as a block of text.
    """
    boxes = [Block(*surround_cells(cells), number) for number, cells in enumerate(tables)]
    top = page.top
    for row in _group_side_by_side(boxes):
        upper, lower = min(box.top for box in row), max(box.bottom for box in row)
        blocks = [Block(page.left, top, page.right, upper)]
        left = page.left
        for box in sorted(row):
            blocks += [Block(left, upper, box.left, lower), box]
            left = box.right
        blocks.append(Block(left, upper, page.right, lower))
        yield from filter(_has_area, blocks)
        top = lower
    yield from filter(_has_area, [page._replace(top=top)])


def surround_cells(cells: Sequence[Cell]) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of the box around cells."""
    left, top, right, bottom = zip(*(cell.box for cell in cells), strict=True)
    return min(left), min(top), max(right), max(bottom)


def _group_side_by_side(boxes: list[Block]) -> Iterator[list[Block]]:
    """Yield the boxes that share rows of the page, from top to bottom."""
    group: list[Block] = []
    for box in sorted(boxes, key=lambda box: box.top):
        if group and box.top >= max(member.bottom for member in group):
            yield group
            group = []
        group.append(box)
    if group:
        yield group


def _has_area(block: Block) -> bool:
    return block.left < block.right and block.top < block.bottom
