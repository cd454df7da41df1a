"""The output format ALTO XML."""

import itertools
from xml.etree import ElementTree

from netchu.pages.confidences import round_confidence
from netchu.pages.image_files import PageFile
from netchu.pages.page import Box, Line, Page, Point, bounding_box, split_into_cells
from netchu.pages.xml_documents import (
    add_text,
    find_box,
    join_points,
    replace_unallowed,
    serialise,
)

_PRINTED = "tag-printed"
"""ID of the tag of printed words."""

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"


def format_alto(file: PageFile, page: Page) -> str:
    """Return an ALTO 4.3 document, a string per word, with boxes, polygons and baselines in pixels.

    Each column of text is a TextBlock, and so is each cell of a table, with a StructureTag such as "region 1, row 2,
    column 3". Not in a ComposedBlock: Kraken, and so eScriptorium, skips blocks of blocks. Printed words refer to an
    OtherTag "printed"; words that are struck through have the style "strikethrough".
    The format is described at https://www.loc.gov/standards/alto.
    """
    root = ElementTree.Element("alto", xmlns=_NAMESPACE, SCHEMAVERSION="4.3")
    description = ElementTree.SubElement(root, "Description")
    add_text(description, "MeasurementUnit", "pixel")
    add_text(ElementTree.SubElement(description, "sourceImageInformation"), "fileName", file.path.name)
    processing = ElementTree.SubElement(description, "Processing", ID="netchu")
    add_text(ElementTree.SubElement(processing, "processingSoftware"), "softwareName", "netchu")
    tags = ElementTree.SubElement(root, "Tags")
    if page.lines:
        order = ElementTree.SubElement(ElementTree.SubElement(root, "ReadingOrder"), "OrderedGroup", ID="order")
        for number in range(1, len(page.lines) + 1):
            ElementTree.SubElement(order, "ElementRef", ID=f"order{number}", REF=f"line{number}")
    sheet = ElementTree.SubElement(
        ElementTree.SubElement(root, "Layout"),
        "Page",
        ID="page",
        PHYSICAL_IMG_NR=str(file.number),
        WIDTH=str(page.width),
        HEIGHT=str(page.height),
        PC=str(round_confidence(page.confidence)),
    )
    space = ElementTree.SubElement(sheet, "PrintSpace", _box_attributes(Box(0, 0, page.width, page.height)))
    line_numbers = itertools.count(1)
    for number, lines in enumerate(page.regions, 1):
        for index, (cell, lines_of_text) in enumerate(split_into_cells(lines), 1):
            name = f"block{number}cell{index}" if cell else f"block{number}"
            box = bounding_box(cell.corners) if cell else find_box(lines)
            block = ElementTree.SubElement(space, "TextBlock", {"ID": name, **_box_attributes(box)})
            if cell:
                label = f"region {number}, row {cell.row + 1}, column {cell.column + 1}"
                ElementTree.SubElement(tags, "StructureTag", ID=f"tag-{name}", TYPE="cell", LABEL=label)
                block.set("TAGREFS", f"tag-{name}")
            for line in lines_of_text:
                _add_line(block, f"line{next(line_numbers)}", line)
    if any(word.printed for word in page.words):
        ElementTree.SubElement(tags, "OtherTag", ID=_PRINTED, TYPE="production", LABEL="printed")
    if not len(tags):
        root.remove(tags)
    return serialise(root)


def _add_line(block: ElementTree.Element, name: str, line: Line) -> None:
    row = ElementTree.SubElement(
        block,
        "TextLine",
        {"ID": name, "BASELINE": join_points(line.baseline, " "), **_box_attributes(line.box)},
    )
    _add_polygon(row, line.corners)
    for index, word in enumerate(line.words, 1):
        if index > 1:
            before = line.words[index - 2].box
            gap = Box(before.right, before.top, max(word.box.left, before.right), before.bottom)
            ElementTree.SubElement(row, "SP", _box_attributes(gap))
        string = ElementTree.SubElement(
            row,
            "String",
            {
                "ID": f"{name}word{index}",
                "CONTENT": replace_unallowed(word.text),
                "WC": str(round_confidence(word.confidence)),
                **_box_attributes(word.box),
            },
        )
        if word.printed:
            string.set("TAGREFS", _PRINTED)
        if word.struck:
            string.set("STYLE", "strikethrough")
        _add_polygon(string, word.corners)


def _add_polygon(parent: ElementTree.Element, corners: tuple[Point, ...]) -> None:
    ElementTree.SubElement(ElementTree.SubElement(parent, "Shape"), "Polygon", POINTS=join_points(corners, " "))


def _box_attributes(box: Box) -> dict[str, str]:
    values = {"HPOS": box.left, "VPOS": box.top, "WIDTH": box.right - box.left, "HEIGHT": box.bottom - box.top}
    return {name: str(value) for name, value in values.items()}
