"""Parts that the XML output formats share: text, points and the serialised document."""

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from netchu.core.printing import escape_unprintable
from netchu.pages.page import Box, Line, Point, bounding_box

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow; a file's name may contain them."""


def replace_unallowed(text: str) -> str:
    """Return `text` with U+FFFD in place of characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", escape_unprintable(text))


def add_text(parent: ElementTree.Element, name: str, text: str) -> None:
    """Append an element `name` that contains `text`."""
    ElementTree.SubElement(parent, name).text = replace_unallowed(text)


def join_points(points: Iterable[Point], separator: str) -> str:
    """Return the points as text, x and y joined by `separator`.

    >>> join_points([(0, 8), (90, 9)], ",")
    '0,8 90,9'
    """
    return " ".join(f"{x}{separator}{y}" for x, y in points)


def find_box(lines: Iterable[Line]) -> Box:
    """Return the box around at least one line, and around the cells in which lines are."""
    return bounding_box(
        tuple(corner for line in lines for corner in (*line.corners, *(line.cell.corners if line.cell else ())))
    )


def find_corners(lines: Iterable[Line]) -> tuple[Point, ...]:
    """Return the corners of `find_box`, clockwise from the upper left."""
    left, top, right, bottom = find_box(lines)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def serialise(root: ElementTree.Element, doctype: str = "") -> str:
    """Return the indented document with an XML declaration."""
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}{text}\n'
