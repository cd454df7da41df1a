"""Transcribed pages from PAGE XML and ALTO XML files, such as eScriptorium and Transkribus export."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from netchu.core.printing import describe_error
from netchu.intake.transcribed_pages import Point, TranscribedLine, TranscribedPage, parse_number, parse_points

_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:PcGts|alto)[\s>]")
"""Start of the root element of both formats."""

_PAGE_NAMESPACE = re.compile(r"https?://schema\.primaresearch\.org/PAGE/gts/pagecontent/(\d{4})-\d\d-\d\d")
_ALTO_NAMESPACE = re.compile(r"https?://www\.loc\.gov/standards/alto/ns-v(\d+)#")

_WRITER = re.compile(r"\bwriter\s*\{[^}]*?\bname:([^;}]*)")
"""Tag of Transkribus in the attribute `custom`, such as `writer {offset:0; length:9; name:An;}`."""


def is_xml_page(head: bytes) -> bool:
    """Return whether a file that begins with `head` is PAGE XML or ALTO XML."""
    return _ROOT.search(head.replace(b"\0", b"")) is not None  # zeros: UTF-16


def read_xml_page(data: bytes) -> tuple[TranscribedPage, bool]:
    """Return the page of a PAGE or ALTO file, and whether it is PAGE XML.

    Accepts PAGE 2013 to 2019 and ALTO 2 to 4.

    Raises:
        ValueError: the file is not well-formed, declares a document type or entities, has another version, or has not
            exactly one page. The message does not name the file.
    """
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise ValueError("declares a document type or entities, which may be an attack; remove them") from None
    except (ParseError, ValueError, LookupError) as error:  # the latter two: an unknown encoding
        raise ValueError(f"not well-formed XML ({describe_error(error)}); export it again") from None
    namespace = root.tag.rpartition("}")[0].lstrip("{")
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag == "PcGts":
        version = _PAGE_NAMESPACE.fullmatch(namespace)
        if not version or not 2013 <= int(version[1]) <= 2019:
            raise ValueError(f"PAGE XML of the namespace {namespace!r}; export it as version 2013-07-15 to 2019-07-15")
        return _read_page_xml(_find_only(root, "Page")), True
    if root.tag == "alto":
        version = _ALTO_NAMESPACE.fullmatch(namespace)
        if not version or not 2 <= int(version[1]) <= 4:
            raise ValueError(f"ALTO XML of the namespace {namespace!r}; export it as version 2, 3 or 4")
        return _read_alto(root, _find_only(root, "Page")), False
    raise ValueError(f"the root element is {root.tag}, neither PcGts nor alto")


def _find_only(root: Element, name: str) -> Element:
    found = list(root.iter(name))
    if len(found) != 1:
        raise ValueError(f"has {len(found)} pages; export one file per page")
    return found[0]


def _read_size(page: Element, width: str, height: str) -> tuple[float, float]:
    """Return the page's width and height in its attributes of those names; zeros if it has none."""
    if page.get(width) is None or page.get(height) is None:
        return 0, 0
    return parse_number(page.get(width)), parse_number(page.get(height))


def _read_page_xml(page: Element) -> TranscribedPage:
    width, height = _read_size(page, "imageWidth", "imageHeight")
    lines = []
    for line, writer in _walk_lines(page):
        polygon, baseline, fault = _read_positions([(line.find("Coords"), "points"), (line.find("Baseline"), "points")])
        text = _read_page_text(line) or " ".join(filter(None, map(_read_page_text, line.findall("Word"))))
        lines.append(TranscribedLine(line.get("id", ""), text, polygon, baseline, writer, fault))
    return TranscribedPage(page.get("imageFilename", ""), width, height, tuple(lines))


def _walk_lines(page: Element) -> Iterator[tuple[Element, str]]:
    """Yield the text lines of a page in their order, each with the writer that it or an element around it names."""
    pending = [(page, "")]
    while pending:
        element, writer = pending.pop()
        if named := _WRITER.search(element.get("custom", "")):
            # Transkribus writes special characters, spaces too, as \u and four digits.
            writer = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), named[1]).strip()
        if element.tag == "TextLine":
            yield element, writer
        else:
            pending += [(child, writer) for child in reversed(element)]


def _read_page_text(element: Element) -> str:
    """Return the text of a line or word: of several, the one with the lowest index."""

    def read_index(equivalent: Element) -> int:
        index = equivalent.get("index", "")
        return int(index) if re.fullmatch("[0-9]{1,9}", index) else 0

    texts = sorted(element.findall("TextEquiv"), key=read_index)
    return (texts[0].findtext("Unicode") or "").strip() if texts else ""


def _read_alto(root: Element, page: Element) -> TranscribedPage:
    unit = (root.findtext("Description/MeasurementUnit") or "pixel").strip()
    width, height = _read_size(page, "WIDTH", "HEIGHT")
    if unit != "pixel" and not (width and height):
        raise ValueError(f"positions in {unit}, and no WIDTH and HEIGHT of the page; export it in pixels")
    image = (root.findtext("Description/sourceImageInformation/fileName") or "").strip()
    lines = []
    for line in page.iter("TextLine"):
        polygon, baseline, fault = _read_positions([(line.find("Shape/Polygon"), "POINTS"), (line, "BASELINE")])
        if not polygon and not fault:
            polygon, fault = _read_box(line)
        words = (child.get("CONTENT", "") for child in line if child.tag == "String")
        lines.append(TranscribedLine(line.get("ID", ""), _join_words(line, words), polygon, baseline, "", fault))
    return TranscribedPage(image, width, height, tuple(lines))


def _join_words(line: Element, words: Iterator[str]) -> str:
    """Return the words with spaces, and the hyphen at the end of the line if there is one."""
    hyphen = line.find("HYP")
    return " ".join(filter(None, map(str.strip, words))) + ("" if hyphen is None else hyphen.get("CONTENT", "-"))


def _read_positions(
    sources: list[tuple[Element | None, str]],
) -> tuple[tuple[Point, ...], tuple[Point, ...], str]:
    """Return the polygon and the baseline in the attributes of two elements, and the fault of a wrong one."""
    points: list[tuple[Point, ...]] = []
    try:
        for element, attribute in sources:
            text = "" if element is None else element.get(attribute, "")
            # Before version 4.1 of ALTO, BASELINE is one number: the line is level, as without a baseline.
            is_height = attribute == "BASELINE" and len(text.replace(",", " ").split()) == 1
            points.append(() if is_height else parse_points(text))
    except ValueError as error:
        return (), (), f"{attribute}: {error}"
    return points[0], points[1], ""


def _read_box(line: Element) -> tuple[tuple[Point, ...], str]:
    """Return the corners of the line's box, none if it has no box, and the fault of a wrong one."""
    names = ("HPOS", "VPOS", "WIDTH", "HEIGHT")
    if any(line.get(name) is None for name in names):
        return (), ""
    try:
        left, top, width, height = (parse_number(line.get(name)) for name in names)
    except ValueError as error:
        return (), f"HPOS, VPOS, WIDTH, HEIGHT: {error}"
    return ((left, top), (left + width, top), (left + width, top + height), (left, top + height)), ""
