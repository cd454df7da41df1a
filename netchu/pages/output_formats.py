"""Output formats of a read page: plain text, JSON lines, CSV, ALTO XML and PAGE XML."""

import csv
import datetime
import io
import json
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple
from xml.etree import ElementTree

from netchu.core.printing import escape_unprintable
from netchu.pages.image_files import PageFile
from netchu.pages.page import Box, Page, Point, bounding_box

_ALTO = "http://www.loc.gov/standards/alto/ns-v4#"
_PAGE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow; a file's name may contain them."""


def format_text(file: PageFile, page: Page) -> str:
    """Return the text of the lines, one per row; an empty row for an image without lines."""
    return page.text + "\n"


def format_jsonl(file: PageFile, page: Page) -> str:
    """Return one row with a JSON object: path, page (from 1), width, height, text, confidence, lines with words.

    All lengths are in pixels. Boxes are left, top, right and bottom; polygons are the four corners clockwise from the
    upper left.
    """
    value = {
        "path": escape_unprintable(str(file.path)),
        "page": file.number,
        "width": page.width,
        "height": page.height,
        "text": page.text,
        "confidence": _round(page.confidence),
        "lines": [
            {
                "text": line.text,
                "confidence": _round(line.confidence),
                "box": line.box,
                "polygon": line.corners,
                "words": [
                    {"text": word.text, "confidence": _round(word.confidence), "box": word.box} for word in line.words
                ],
            }
            for line in page.lines
        ],
    }
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def format_csv(file: PageFile, page: Page) -> str:
    """Return one row per line, with the columns of `_CSV_HEADER`; a page without lines gives one mostly empty row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    first_columns = (escape_unprintable(str(file.path)), file.number)
    for number, line in enumerate(page.lines, 1):
        writer.writerow((*first_columns, number, line.text, _round(line.confidence), *line.box))
    if not page.lines:
        writer.writerow((*first_columns, "", "", _round(page.confidence), "", "", "", ""))
    return text.getvalue()


def format_alto(file: PageFile, page: Page) -> str:
    """Return an ALTO 4.3 document of one block, a string per word, with boxes in pixels.

    The format is described at https://www.loc.gov/standards/alto.
    """
    root = ElementTree.Element("alto", xmlns=_ALTO, SCHEMAVERSION="4.3")
    description = ElementTree.SubElement(root, "Description")
    _add_text(description, "MeasurementUnit", "pixel")
    _add_text(ElementTree.SubElement(description, "sourceImageInformation"), "fileName", file.path.name)
    processing = ElementTree.SubElement(description, "Processing", ID="netchu")
    _add_text(ElementTree.SubElement(processing, "processingSoftware"), "softwareName", "netchu")
    sheet = ElementTree.SubElement(
        ElementTree.SubElement(root, "Layout"),
        "Page",
        ID="page",
        PHYSICAL_IMG_NR=str(file.number),
        WIDTH=str(page.width),
        HEIGHT=str(page.height),
        PC=str(_round(page.confidence)),
    )
    space = ElementTree.SubElement(sheet, "PrintSpace", _alto_attributes(Box(0, 0, page.width, page.height)))
    if page.lines:
        block = ElementTree.SubElement(space, "TextBlock", {"ID": "block", **_alto_attributes(_text_box(page))})
    for number, line in enumerate(page.lines, 1):
        row = ElementTree.SubElement(block, "TextLine", {"ID": f"line{number}", **_alto_attributes(line.box)})
        shape = ElementTree.SubElement(row, "Shape")
        ElementTree.SubElement(shape, "Polygon", POINTS=" ".join(f"{x} {y}" for x, y in line.corners))
        for index, word in enumerate(line.words, 1):
            if index > 1:
                before = line.words[index - 2].box
                gap = Box(before.right, before.top, max(word.box.left, before.right), before.bottom)
                ElementTree.SubElement(row, "SP", _alto_attributes(gap))
            ElementTree.SubElement(
                row,
                "String",
                {
                    "ID": f"line{number}word{index}",
                    "CONTENT": word.text,
                    "WC": str(_round(word.confidence)),
                    **_alto_attributes(word.box),
                },
            )
    return _serialise(root)


def format_page_xml(file: PageFile, page: Page) -> str:
    """Return a PAGE XML document, version 2019-07-15, of one region with polygons in pixels.

    The format is described at https://github.com/PRImA-Research-Lab/PAGE-XML.
    """
    root = ElementTree.Element("PcGts", xmlns=_PAGE)
    metadata = ElementTree.SubElement(root, "Metadata")
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    for name, value in (("Creator", "netchu"), ("Created", now), ("LastChange", now)):
        _add_text(metadata, name, value)
    size = {"imageWidth": str(page.width), "imageHeight": str(page.height)}
    sheet = ElementTree.SubElement(root, "Page", {"imageFilename": _replace_unallowed(file.path.name), **size})
    if page.lines:
        region = ElementTree.SubElement(sheet, "TextRegion", id="region")
        left, top, right, bottom = _text_box(page)
        _add_polygon(region, ((left, top), (right, top), (right, bottom), (left, bottom)))
    for number, line in enumerate(page.lines, 1):
        row = ElementTree.SubElement(region, "TextLine", id=f"line{number}")
        _add_polygon(row, line.corners)
        for index, word in enumerate(line.words, 1):
            item = ElementTree.SubElement(row, "Word", id=f"line{number}word{index}")
            _add_polygon(item, word.corners)
            _add_reading(item, word.text, word.confidence)
        _add_reading(row, line.text, line.confidence)
    return _serialise(root)


def _round(confidence: float) -> float:
    return round(confidence, 4)


def _replace_unallowed(text: str) -> str:
    return _NOT_XML.sub("\ufffd", escape_unprintable(text))


def _add_text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = _replace_unallowed(text)


def _text_box(page: Page) -> Box:
    """Return the box around all lines of a page with at least one."""
    return bounding_box(tuple(corner for line in page.lines for corner in line.corners))


def _alto_attributes(box: Box) -> dict[str, str]:
    values = {"HPOS": box.left, "VPOS": box.top, "WIDTH": box.right - box.left, "HEIGHT": box.bottom - box.top}
    return {name: str(value) for name, value in values.items()}


def _add_polygon(parent: ElementTree.Element, corners: tuple[Point, ...]) -> None:
    ElementTree.SubElement(parent, "Coords", points=" ".join(f"{x},{y}" for x, y in corners))


def _add_reading(parent: ElementTree.Element, text: str, confidence: float) -> None:
    _add_text(ElementTree.SubElement(parent, "TextEquiv", conf=str(_round(confidence))), "Unicode", text)


def _serialise(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


class OutputFormat(NamedTuple):
    """An output format: a function that formats one page, and the properties of a file in this format."""

    write: Callable[[PageFile, Page], str]
    suffix: str  # of the file's name
    header: str = ""  # text before the first page
    multi_page: bool = True  # True if one file may contain several pages
    mark: str = ""  # byte order mark of a file, without which Excel does not read it as UTF-8

    def combine(self, pages: Iterable[str]) -> str:
        """Return the text of a file with these formatted pages."""
        return self.mark + self.header + "".join(pages)


_CSV_HEADER = "path,page,line,text,confidence,left,top,right,bottom\n"

OUTPUT_FORMATS = {
    "text": OutputFormat(format_text, ".txt"),
    "jsonl": OutputFormat(format_jsonl, ".jsonl"),
    "csv": OutputFormat(format_csv, ".csv", _CSV_HEADER, mark="\ufeff"),
    "alto": OutputFormat(format_alto, ".xml", multi_page=False),
    "page": OutputFormat(format_page_xml, ".xml", multi_page=False),
}
