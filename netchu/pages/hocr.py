"""The output format hOCR: HTML whose elements have the positions of the text in the picture."""

import itertools
from xml.etree import ElementTree

from netchu.pages.image_files import PageFile
from netchu.pages.page import Box, Line, Page, Word, bounding_box, split_into_cells
from netchu.pages.xml_documents import add_text, find_box, replace_unallowed, serialise

_DOCTYPE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)

_METADATA = (
    ("ocr-system", "netchu"),
    ("ocr-capabilities", "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_lang ocrp_wconf"),
    ("ocr-langs", "vi"),
)


def format_hocr(file: PageFile, page: Page) -> str:
    """Return an hOCR 1.2 document, with boxes in pixels and confidences from 0 to 100.

    Each column of text and each table is an area. A column is one paragraph, and so is each cell.
    The format is described at https://kba.github.io/hocr-spec/1.2.
    """
    root = ElementTree.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml", "lang": "vi", "xml:lang": "vi"})
    head = ElementTree.SubElement(root, "head")
    add_text(head, "title", file.path.name)
    ElementTree.SubElement(head, "meta", {"http-equiv": "Content-Type", "content": "text/html;charset=utf-8"})
    for name, content in _METADATA:
        ElementTree.SubElement(head, "meta", name=name, content=content)
    image = replace_unallowed(file.path.name).replace("\\", "\\\\").replace('"', '\\"')
    sheet = _add_element(
        ElementTree.SubElement(root, "body"),
        "div",
        "ocr_page",
        "page",
        f'image "{image}"; {_format_box(Box(0, 0, page.width, page.height))}; ppageno {file.number - 1}',
    )
    line_numbers = itertools.count(1)
    for number, lines in enumerate(page.regions, 1):
        box = find_box(lines)
        block = _add_element(sheet, "div", "ocr_carea", f"block{number}", _format_box(box))
        for index, (cell, lines_of_text) in enumerate(split_into_cells(lines), 1):
            box_of_text = _format_box(bounding_box(cell.corners) if cell else box)
            paragraph = _add_element(block, "p", "ocr_par", f"block{number}paragraph{index}", box_of_text)
            paragraph.set("lang", "vi")
            for line in lines_of_text:
                _add_line(paragraph, f"line{next(line_numbers)}", line)
    return serialise(root, _DOCTYPE)


def _add_line(paragraph: ElementTree.Element, name: str, line: Line) -> None:
    title = f"{_format_box(line.box)}; {_format_baseline(line)}"
    row = _add_element(paragraph, "span", "ocr_line", name, title)
    for index, word in enumerate(line.words, 1):
        _add_element(row, "span", "ocrx_word", f"{name}word{index}", _describe(word)).text = replace_unallowed(
            word.text
        )


def _add_element(parent: ElementTree.Element, tag: str, kind: str, name: str, title: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, {"class": kind, "id": name, "title": title})


def _describe(word: Word) -> str:
    return f"{_format_box(word.box)}; x_wconf {round(100 * word.confidence)}"


def _format_box(box: Box) -> str:
    return "bbox " + " ".join(map(str, box))


def _format_baseline(line: Line) -> str:
    """Return the slope of the baseline, and its height at the left side relative to the lower side of the box."""
    (left, y_left), (right, y_right) = line.baseline
    slope = (y_right - y_left) / max(right - left, 1)
    offset = y_left + slope * (line.box.left - left) - line.box.bottom
    return f"baseline {slope:.4f} {round(offset)}"
