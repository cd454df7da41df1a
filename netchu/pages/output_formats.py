"""What was read in an image, written as plain text, JSON lines, CSV, ALTO or PAGE XML."""

import csv
import datetime
import io
import json
import os
import re
from collections.abc import Callable
from typing import NamedTuple
from xml.etree import ElementTree

from netchu.pages.image_files import PageFile
from netchu.pages.page import Box, Page, Point, box_of

_ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
_PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, in a file's name for instance."""


def as_text(file: PageFile, page: Page) -> str:
    """The lines alone, one a row; an image without any gives an empty row."""
    return page.text + "\n"


def as_jsonl(file: PageFile, page: Page) -> str:
    """One JSON object on one row: path, page (from 1), width and height in pixels, text, confidence, lines and words.

    Boxes are left, top, right and bottom, polygons the four corners clockwise from the upper left, both in pixels.
    """
    value = {
        "path": printable(file.path),
        "page": file.number,
        "width": page.width,
        "height": page.height,
        "text": page.text,
        "confidence": _rounded(page.confidence),
        "lines": [
            {
                "text": line.text,
                "confidence": _rounded(line.confidence),
                "box": line.box,
                "polygon": line.corners,
                "words": [
                    {"text": word.text, "confidence": _rounded(word.confidence), "box": word.box} for word in line.words
                ],
            }
            for line in page.lines
        ],
    }
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(file: PageFile, page: Page) -> str:
    """A row a line under the columns of `_CSV_HEADER`; without lines, one row with neither number, text nor box."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    start = (printable(file.path), file.number)
    for number, line in enumerate(page.lines, 1):
        writer.writerow((*start, number, line.text, _rounded(line.confidence), *line.box))
    if not page.lines:
        writer.writerow((*start, "", "", _rounded(page.confidence), "", "", "", ""))
    return text.getvalue()


def as_alto(file: PageFile, page: Page) -> str:
    """An ALTO 4.3 document (https://www.loc.gov/standards/alto): one block, a string a word, boxes in pixels."""
    root = ElementTree.Element("alto", xmlns=_ALTO, SCHEMAVERSION="4.3")
    description = ElementTree.SubElement(root, "Description")
    _text(description, "MeasurementUnit", "pixel")
    _text(ElementTree.SubElement(description, "sourceImageInformation"), "fileName", file.path.name)
    processing = ElementTree.SubElement(description, "Processing", ID="netchu")
    _text(ElementTree.SubElement(processing, "processingSoftware"), "softwareName", "netchu")
    sheet = ElementTree.SubElement(
        ElementTree.SubElement(root, "Layout"),
        "Page",
        ID="page",
        PHYSICAL_IMG_NR=str(file.number),
        WIDTH=str(page.width),
        HEIGHT=str(page.height),
        PC=str(_rounded(page.confidence)),
    )
    space = ElementTree.SubElement(sheet, "PrintSpace", _alto_box(Box(0, 0, page.width, page.height)))
    if page.lines:
        block = ElementTree.SubElement(space, "TextBlock", {"ID": "block", **_alto_box(_around(page))})
    for number, line in enumerate(page.lines, 1):
        row = ElementTree.SubElement(block, "TextLine", {"ID": f"line{number}", **_alto_box(line.box)})
        shape = ElementTree.SubElement(row, "Shape")
        ElementTree.SubElement(shape, "Polygon", POINTS=" ".join(f"{x} {y}" for x, y in line.corners))
        for place, word in enumerate(line.words, 1):
            if place > 1:
                before = line.words[place - 2].box
                gap = Box(before.right, before.top, max(word.box.left, before.right), before.bottom)
                ElementTree.SubElement(row, "SP", _alto_box(gap))
            ElementTree.SubElement(
                row,
                "String",
                {
                    "ID": f"line{number}word{place}",
                    "CONTENT": word.text,
                    "WC": str(_rounded(word.confidence)),
                    **_alto_box(word.box),
                },
            )
    return _document(root)


def as_page(file: PageFile, page: Page) -> str:
    """A PAGE document, https://github.com/PRImA-Research-Lab/PAGE-XML of 2019-07-15: one region, polygons in pixels."""
    root = ElementTree.Element("PcGts", xmlns=_PAGE)
    metadata = ElementTree.SubElement(root, "Metadata")
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for name, value in (("Creator", "netchu"), ("Created", now), ("LastChange", now)):
        _text(metadata, name, value)
    size = {"imageWidth": str(page.width), "imageHeight": str(page.height)}
    sheet = ElementTree.SubElement(root, "Page", {"imageFilename": _xml(file.path.name), **size})
    if page.lines:
        region = ElementTree.SubElement(sheet, "TextRegion", id="region")
        left, top, right, bottom = _around(page)
        _coords(region, ((left, top), (right, top), (right, bottom), (left, bottom)))
    for number, line in enumerate(page.lines, 1):
        row = ElementTree.SubElement(region, "TextLine", id=f"line{number}")
        _coords(row, line.corners)
        for place, word in enumerate(line.words, 1):
            item = ElementTree.SubElement(row, "Word", id=f"line{number}word{place}")
            _coords(item, word.corners)
            _equivalent(item, word.text, word.confidence)
        _equivalent(row, line.text, line.confidence)
    return _document(root)


def printable(path: object) -> str:
    """A path as Unicode text, whatever bytes its name holds."""
    return os.fsencode(str(path)).decode("utf-8", "replace")


def _rounded(confidence: float) -> float:
    return round(confidence, 4)


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", printable(text))


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = _xml(text)


def _around(page: Page) -> Box:
    """The box of all lines of a page that has some."""
    return box_of(tuple(corner for line in page.lines for corner in line.corners))


def _alto_box(box: Box) -> dict[str, str]:
    values = {"HPOS": box.left, "VPOS": box.top, "WIDTH": box.right - box.left, "HEIGHT": box.bottom - box.top}
    return {name: str(value) for name, value in values.items()}


def _coords(parent: ElementTree.Element, corners: tuple[Point, ...]) -> None:
    ElementTree.SubElement(parent, "Coords", points=" ".join(f"{x},{y}" for x, y in corners))


def _equivalent(parent: ElementTree.Element, text: str, confidence: float) -> None:
    _text(ElementTree.SubElement(parent, "TextEquiv", conf=str(_rounded(confidence))), "Unicode", text)


def _document(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


class Format(NamedTuple):
    """How a page is written."""

    write: Callable[[PageFile, Page], str]
    suffix: str  # of a file that holds it
    header: str = ""  # what comes first, before one page or many
    many: bool = True  # whether several pages may follow each other in one stream


_CSV_HEADER = "path,page,line,text,confidence,left,top,right,bottom\n"

FORMATS = {
    "text": Format(as_text, ".txt"),
    "jsonl": Format(as_jsonl, ".jsonl"),
    "csv": Format(as_csv, ".csv", _CSV_HEADER),
    "alto": Format(as_alto, ".xml", many=False),
    "page": Format(as_page, ".xml", many=False),
}
