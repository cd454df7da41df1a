"""The output format PAGE XML."""

import datetime
from xml.etree import ElementTree

from netchu.pages.image_files import PageFile
from netchu.pages.page import Page, Point
from netchu.pages.xml_documents import (
    add_text,
    find_text_box,
    join_points,
    replace_unallowed,
    round_confidence,
    serialise,
)

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"


def format_page_xml(file: PageFile, page: Page) -> str:
    """Return a PAGE XML document, version 2019-07-15, of one region, with polygons and baselines in pixels.

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
        ElementTree.SubElement(order, "RegionRefIndexed", index="0", regionRef="region")
        region = ElementTree.SubElement(sheet, "TextRegion", id="region", custom=_order_in_parent(0))
        left, top, right, bottom = find_text_box(page)
        _add_polygon(region, ((left, top), (right, top), (right, bottom), (left, bottom)))
    for number, line in enumerate(page.lines, 1):
        row = ElementTree.SubElement(region, "TextLine", id=f"line{number}", custom=_order_in_parent(number - 1))
        _add_polygon(row, line.corners)
        ElementTree.SubElement(row, "Baseline", points=join_points(line.baseline, ","))
        for index, word in enumerate(line.words, 1):
            item = ElementTree.SubElement(row, "Word", id=f"line{number}word{index}")
            _add_polygon(item, word.corners)
            _add_reading(item, word.text, word.confidence)
        _add_reading(row, line.text, line.confidence)
    return serialise(root)


def _order_in_parent(index: int) -> str:
    """Return the reading order as Transkribus and eScriptorium write it: PAGE itself can order only regions."""
    return f"readingOrder {{index:{index};}}"


def _add_polygon(parent: ElementTree.Element, corners: tuple[Point, ...]) -> None:
    ElementTree.SubElement(parent, "Coords", points=join_points(corners, ","))


def _add_reading(parent: ElementTree.Element, text: str, confidence: float) -> None:
    add_text(ElementTree.SubElement(parent, "TextEquiv", conf=str(round_confidence(confidence))), "Unicode", text)
