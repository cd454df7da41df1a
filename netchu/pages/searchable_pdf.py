"""PDF files that show pictures of pages, with the text as an invisible layer that can be searched and copied."""

import functools
import io
import itertools
import math
from typing import NamedTuple

import numpy as np
import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image

from netchu.pages.image_files import PDF_RESOLUTION
from netchu.pages.page import Line, Page, find_baseline

_POINT = PDF_RESOLUTION / 72
"""Pixels per point: pictures count as scanned with PDF_RESOLUTION."""

_JPEG_QUALITY = 90

_ADVANCE = 500
"""Width of every character, in thousandths of the font size."""

_ASCENT, _DESCENT = 750, -250
"""Upper and lower end of every character, in thousandths of the font size above the baseline."""

_GAP = 0.2
"""Least gap between words, as a share of the font size: programs find no space where words are nearer."""


_LINE_RISE = 0.45
"""Rise of a line, as a share of the font size, up to which programs find it to be one line."""


class JpegPicture(NamedTuple):
    """A compressed picture."""

    data: bytes
    width: int
    height: int
    grey: bool


def encode_picture(picture: np.ndarray) -> JpegPicture:
    """Compress a picture, uint8 (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA."""
    image = Image.fromarray(picture)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY)
    return JpegPicture(file.getvalue(), image.width, image.height, image.mode == "L")


class SearchablePdf:
    """A PDF of pages with pictures and invisible text.

    Example:
        document = SearchablePdf()
        picture = open_page(PageFile(Path("page.jpg")))
        document.add_page(encode_picture(picture), Recognizer.load().read(picture))
        Path("page.pdf").write_bytes(document.to_bytes())
    """

    def __init__(self) -> None:
        self._pdf = pikepdf.new()
        self._pdf.Root.Lang = String("vi")
        self._font = self._pdf.make_indirect(Dictionary())  # filled by `to_bytes`
        self._codes: dict[str, int] = {}  # in the font, of each character of the text, from 1

    def add_page(self, picture: JpegPicture, page: Page) -> None:
        """Append a page with its text, whose positions are in pixels of `picture`."""
        width, height = page.width / _POINT, page.height / _POINT
        # Text in render mode 3 is invisible.
        commands = ["q", f"{width:.3f} 0 0 {height:.3f} 0 0 cm", "/Picture Do", "Q", "BT", "3 Tr"]
        for line, size in zip(page.lines, _choose_sizes(page.lines), strict=True):
            commands += self._show_line(line, size, page.height)
        contents = "\n".join([*commands, "ET"]).encode()
        sheet = self._pdf.add_blank_page(page_size=(max(width, 3), max(height, 3)))  # the format's least size
        sheet.Contents = Stream(self._pdf, contents)
        sheet.Resources = Dictionary(XObject={"/Picture": self._embed(picture)}, Font={"/Text": self._font})

    def to_bytes(self) -> bytes:
        """Return the file with the pages that were added."""
        for key, value in _describe_font(self._pdf, self._codes).items():
            self._font[key] = value
        file = io.BytesIO()
        self._pdf.save(file, deterministic_id=True)
        return file.getvalue()

    def _embed(self, picture: JpegPicture) -> Stream:
        return Stream(
            self._pdf,
            picture.data,
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=picture.width,
            Height=picture.height,
            ColorSpace=Name.DeviceGray if picture.grey else Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )

    def _show_line(self, line: Line, size: float, page_height: int) -> list[str]:
        """Return the commands that show a line's words and the spaces between them, each as wide as on the page.

        In a tilted line each word is level, at its own height: programs that extract text split tilted words.
        """
        ends = [find_baseline(word.corners, line.baseline_share) for word in line.words]
        heights = _level([(y_left + y_right) / 2 for (_, y_left), (_, y_right) in ends], size)
        commands = [f"/Text {size / _POINT:.3f} Tf"]
        for index, (word, ((left, _), (right, _)), y) in enumerate(zip(line.words, ends, heights, strict=True)):
            width = right - left
            last = index + 1 == len(ends)
            if not last:
                (next_left, _), _ = ends[index + 1]
                width = max(min(width, next_left - _GAP * size - left), width / 2)
            width = max(width, 1)
            commands.append(f"1 0 0 1 {left / _POINT:.3f} {(page_height - y) / _POINT:.3f} Tm")
            commands += self._show(word.text, width / size)
            if not last:
                commands += self._show(" ", max(next_left - left - width, 1) / size)
        return commands

    def _show(self, text: str, width: float) -> list[str]:
        """Return the commands that show `text`, `width` times the font size wide."""
        codes = "".join(f"{self._codes.setdefault(character, len(self._codes) + 1):04x}" for character in text)
        return [f"{100 * width / len(text) / (_ADVANCE / 1000):.3f} Tz", f"<{codes}> Tj"]


def _choose_sizes(lines: tuple[Line, ...]) -> list[float]:
    """Return the font size of each line in pixels: its height, but no more than its distance to lines above and below.

    Programs that extract text join lines that overlap. Lines side by side are in different columns or cells.
    """
    sizes = [max(math.dist(line.corners[0], line.corners[3]), 1) for line in lines]
    for upper, lower in itertools.combinations(range(len(lines)), 2):
        (left, top), (right, bottom) = lines[upper].baseline
        (x_left, y_left), (x_right, y_right) = lines[lower].baseline
        if x_left >= right or left >= x_right:
            continue
        slope = (bottom - top) / max(right - left, 1)
        distance = abs((y_left + y_right) / 2 - top - slope * ((x_left + x_right) / 2 - left))
        for neighbour in (upper, lower):
            sizes[neighbour] = max(min(sizes[neighbour], distance), 1)
    return sizes


def _level(heights: list[float], size: float) -> list[float]:
    """Return the heights of a line's words, nearer to each other if the line is tilted by less than its font size.

    Programs that extract text put words on different lines if their heights differ by half the font size.
    """
    low, high = min(heights), max(heights)
    if not _LINE_RISE * size < high - low < size:
        return heights
    centre = (low + high) / 2
    return [centre + (height - centre) * _LINE_RISE * size / (high - low) for height in heights]


def _describe_font(pdf: pikepdf.Pdf, codes: dict[str, int]) -> dict[str, object]:
    """Return the entries of a font whose characters have no shape; `codes` are the codes of its characters."""
    file = Stream(pdf, _draw_font())
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name.Shapeless,
        Flags=0b101,  # all characters have the same width; not limited to Latin letters
        FontBBox=Array([0, _DESCENT, _ADVANCE, _ASCENT]),
        ItalicAngle=0,
        Ascent=_ASCENT,
        Descent=_DESCENT,
        CapHeight=_ASCENT,
        StemV=80,
        FontFile2=pdf.make_indirect(file),
    )
    characters = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name.Shapeless,
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        DW=_ADVANCE,
        CIDToGIDMap=Stream(pdf, bytes(2) + b"\0\1" * len(codes)),
    )
    return {
        "/Type": Name.Font,
        "/Subtype": Name.Type0,
        "/BaseFont": Name.Shapeless,
        "/Encoding": Name("/Identity-H"),
        "/DescendantFonts": Array([pdf.make_indirect(characters)]),
        "/ToUnicode": Stream(pdf, _map_to_unicode(codes)),
    }


def _map_to_unicode(codes: dict[str, int]) -> bytes:
    """Return the table by which programs get the characters of the codes."""
    rows = [f"<{code:04x}> <{character.encode('utf-16-be').hex()}>" for character, code in codes.items()]
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]  # the format's limit
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<0000> <ffff>",
            "endcodespacerange",
            *("\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]) for block in blocks),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    ).encode()


@functools.cache
def _draw_font() -> bytes:
    """Return a TrueType font with two empty glyphs: that of unknown characters, and that of all others."""
    glyphs = [".notdef", "character"]
    pen = TTGlyphPen(None)
    # Without area, but as large as a character: PDFium ignores characters without extent.
    pen.moveTo((0, _DESCENT))
    pen.lineTo((_ADVANCE, _ASCENT))
    pen.closePath()
    shape = pen.glyph()
    font = FontBuilder(unitsPerEm=1000, isTTF=True)
    font.setupGlyphOrder(glyphs)
    font.setupCharacterMap({ord(" "): "character"})
    font.setupGlyf(dict.fromkeys(glyphs, shape))
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (_ADVANCE, 0)))
    font.setupHorizontalHeader(ascent=_ASCENT, descent=_DESCENT)
    font.setupNameTable({"familyName": "Shapeless", "styleName": "Regular", "psName": "Shapeless"})
    font.setupOS2(sTypoAscender=_ASCENT, sTypoDescender=_DESCENT)
    font.setupPost()
    font.updateHead(created=0, modified=0)
    font.font.recalcTimestamp = False
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
