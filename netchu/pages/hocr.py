"""The output format hOCR: HTML whose elements have the positions of the text in the picture."""

from xml.etree import ElementTree

from netchu.pages.image_files import PageFile
from netchu.pages.page import Box, Line, Page, Word
from netchu.pages.xml_documents import add_text, find_text_box, replace_unallowed, serialise

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
    """Return an hOCR 1.2 document of one paragraph, with boxes in pixels and confidences from 0 to 100.

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
    if page.lines:
        box = _format_box(find_text_box(page))
        block = _add_element(sheet, "div", "ocr_carea", "block", box)
        paragraph = _add_element(block, "p", "ocr_par", "paragraph", box)
        paragraph.set("lang", "vi")
        for number, line in enumerate(page.lines, 1):
            _add_line(paragraph, f"line{number}", line)
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
