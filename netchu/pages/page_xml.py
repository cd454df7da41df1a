"""The output format PAGE XML."""

import datetime
import itertools
from xml.etree import ElementTree

from netchu.pages.confidences import round_confidence
from netchu.pages.image_files import PageFile
from netchu.pages.page import Line, Page, Point, split_into_cells
from netchu.pages.xml_documents import (
    add_text,
    find_corners,
    join_points,
    replace_unallowed,
    serialise,
)

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"


def format_page_xml(file: PageFile, page: Page) -> str:
    """Return a PAGE XML document, version 2019-07-15, with polygons and baselines in pixels.

    Each column of text is a TextRegion, each table a TableRegion, followed by a TextRegion with a TableCellRole for
    each of its cells. Printed words have the attribute production="printed", words that are struck through a TextStyle.
    The format is described at https://github.com/PRImA-Research-Lab/PAGE-XML.
    """
    root = ElementTree.Element("PcGts", xmlns=_NAMESPACE)
    metadata = ElementTree.SubElement(root, "Metadata")
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for name, value in (("Creator", "netchu"), ("Created", now), ("LastChange", now)):
        add_text(metadata, name, value)
    size = {"imageWidth": str(page.width), "imageHeight": str(page.height)}
    sheet = ElementTree.SubElement(root, "Page", {"imageFilename": replace_unallowed(file.path.name), **size})
    if page.lines:
        order = ElementTree.SubElement(ElementTree.SubElement(sheet, "ReadingOrder"), "OrderedGroup", id="order")
    line_numbers, region_numbers = itertools.count(1), itertools.count()
    for number, lines in enumerate(page.regions, 1):
        name = f"region{number}"
        if lines[0].cell:
            table = _add_region(sheet, "TableRegion", name, next(region_numbers))
            _add_polygon(table, find_corners(lines))
        for index, (cell, lines_of_text) in enumerate(split_into_cells(lines), 1):
            # Not inside the table: Kraken, and so eScriptorium, skips regions of regions.
            text = _add_region(sheet, "TextRegion", f"{name}cell{index}" if cell else name, next(region_numbers))
            _add_polygon(text, cell.corners if cell else find_corners(lines))
            if cell:
                position = {"rowIndex": str(cell.row), "columnIndex": str(cell.column)}
                ElementTree.SubElement(ElementTree.SubElement(text, "Roles"), "TableCellRole", position)
            reference = {"index": str(len(order)), "regionRef": text.get("id")}
            ElementTree.SubElement(order, "RegionRefIndexed", reference)
            for position, line in enumerate(lines_of_text):
                _add_line(text, f"line{next(line_numbers)}", position, line)
    return serialise(root)


def _add_region(parent: ElementTree.Element, kind: str, name: str, index: int) -> ElementTree.Element:
    return ElementTree.SubElement(parent, kind, id=name, custom=_order_in_parent(index))


def _add_line(region: ElementTree.Element, name: str, index: int, line: Line) -> None:
    row = ElementTree.SubElement(region, "TextLine", id=name, custom=_order_in_parent(index))
    _add_polygon(row, line.corners)
    ElementTree.SubElement(row, "Baseline", points=join_points(line.baseline, ","))
    for number, word in enumerate(line.words, 1):
        item = ElementTree.SubElement(row, "Word", id=f"{name}word{number}")
        _add_polygon(item, word.corners)
        _add_reading(item, word.text, word.confidence)
        if word.printed:
            item.set("production", "printed")
        if word.struck:
            ElementTree.SubElement(item, "TextStyle", strikethrough="true")
    _add_reading(row, line.text, line.confidence)


def _order_in_parent(index: int) -> str:
    """Return the reading order as Transkribus and eScriptorium write it: PAGE itself can order only regions."""
    return f"readingOrder {{index:{index};}}"


def _add_polygon(parent: ElementTree.Element, corners: tuple[Point, ...]) -> None:
    ElementTree.SubElement(parent, "Coords", points=join_points(corners, ","))


def _add_reading(parent: ElementTree.Element, text: str, confidence: float) -> None:
    add_text(ElementTree.SubElement(parent, "TextEquiv", conf=str(round_confidence(confidence))), "Unicode", text)
