"""Searchable PDFs: PDFium and poppler extract the text of the page, and find words where they lie in the picture."""

import io
import shutil
import subprocess

import numpy as np
import pikepdf
import pypdfium2
import pytest

from netchu.core.charset import CHARSET
from netchu.pages.image_files import PDF_RESOLUTION
from netchu.pages.page import Box, Line, Page, Word
from netchu.pages.searchable_pdf import SearchablePdf, encode_picture

TEXTS = [
    "Số 94 Nguyễn Trãi, P. 3, Quận Thanh Xuân",
    "KP Quảng Lập - Xã Hoàng Nam, TP Nguyễn Huệ",
    "Q.Long Biên, TP Hà Nội 6",
    "(253 - 255) Huỳnh Thúc Kháng",
]


def write_page(
    texts: list[str], tilt: float = 0, pitch: int = 110, height: int = 80, gap: int = 20, width: int = 26
) -> Page:
    """Return a page of these lines, `tilt` degrees clockwise, with words `gap` pixels apart."""
    turn = np.radians(tilt)
    matrix = np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))])

    def place(left: int, right: int, top: int) -> tuple:
        corners = np.array([(left, top), (right, top), (right, top + height), (left, top + height)])
        return tuple((int(x), int(y)) for x, y in np.rint(corners @ matrix + (200, 200)))

    lines = []
    for number, text in enumerate(texts):
        start = left = 20 * (number % 3)
        words = []
        for word in text.split():
            words.append(Word(word, 0.9, place(left, left + width * len(word), pitch * number)))
            left += width * len(word) + gap
        lines.append(Line(tuple(words), place(start, left - gap, pitch * number), (), 0.7))
    return Page(1600, 900, tuple(lines))


def make_pdf(*pages: Page) -> bytes:
    document = SearchablePdf()
    for page in pages:
        document.add_page(encode_picture(np.full((page.height, page.width), 250, np.uint8)), page)
    return document.to_bytes()


def extract_with_pdfium(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def extract_with_poppler(pdf: bytes) -> str:
    """Return the text of a page; pdftotext puts empty rows between lines that are far apart."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed; it is part of poppler-utils")
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return "\n".join(row for row in text.replace("\f", "").splitlines() if row)


PAGES = {
    "level": write_page(TEXTS),
    "tilted to the right": write_page(TEXTS, 3.5),
    "tilted to the left": write_page(TEXTS, -3.5),
    "lines that overlap": write_page(TEXTS, pitch=45),
    "words without gaps": write_page(TEXTS, gap=0),
    "narrow letters": write_page(TEXTS, width=13, gap=5),
    "one word": write_page(["Nguyễn"]),
    "all characters": write_page([f"Nguyễn {CHARSET[start : start + 40]}" for start in range(1, len(CHARSET), 40)]),
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "extract", [lambda pdf: extract_with_pdfium(pdf)[0], extract_with_poppler], ids=["pdfium", "poppler"]
)
def test_extracted_text_is_the_text_of_the_page(name, extract):
    assert extract(make_pdf(PAGES[name])) == PAGES[name].text


def test_extracts_characters_outside_the_charset():
    """A person may type them as corrections."""
    page = write_page(["Nguyễn 😀 漢字 e\u0323\u0302"])
    assert extract_with_pdfium(make_pdf(page)) == [page.text]
    assert extract_with_poppler(make_pdf(page)) == page.text


@pytest.mark.parametrize("tilt", [0, -2, 3.5, 8])
def test_search_finds_words_where_they_lie(tilt):
    page = write_page(TEXTS, tilt)
    expected = [word.box for word in page.words if word.text == "Nguyễn"]
    with pypdfium2.PdfDocument(make_pdf(page)) as document:
        sheet = document[0]
        scale, height = page.width / sheet.get_width(), page.height
        text = sheet.get_textpage()
        search = text.search("Nguyễn")
        found = []
        while (span := search.get_next()) is not None:
            boxes = np.array([text.get_charbox(index) for index in range(span[0], sum(span))]) * scale
            found.append((boxes[:, 0].min(), height - boxes[:, 3].max(), boxes[:, 2].max(), height - boxes[:, 1].min()))
    assert len(found) == len(expected) == 2
    for box, word in zip(found, expected, strict=True):
        assert share_of_overlap(Box(*box), word) > 0.6


def test_cells_side_by_side_keep_their_size():
    cells = [(100, 100, "35"), (500, 104, "Trãi"), (100, 220, "7"), (500, 216, "Xã")]
    words = [Word(text, 0.9, ((x, y), (x + 90, y), (x + 90, y + 60), (x, y + 60))) for x, y, text in cells]
    page = Page(800, 400, tuple(Line((word,), word.corners) for word in words))
    with pypdfium2.PdfDocument(make_pdf(page)) as document:
        text = document[0].get_textpage()
        assert text.get_text_range().split() == [text for _, _, text in cells]
        _, bottom, _, top = text.get_charbox(0)
    assert top - bottom > 50 * 72 / PDF_RESOLUTION


def share_of_overlap(first: Box, second: Box) -> float:
    """Return the area of the boxes' intersection as a share of that of their union."""
    width = min(first.right, second.right) - max(first.left, second.left)
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    common = max(width, 0) * max(height, 0)
    areas = [(box.right - box.left) * (box.bottom - box.top) for box in (first, second)]
    return common / (sum(areas) - common)


def test_keeps_pages_in_order_and_shares_the_font():
    pdf = make_pdf(PAGES["level"], Page(400, 200, ()), PAGES["one word"])
    assert extract_with_pdfium(pdf) == [PAGES["level"].text, "", "Nguyễn"]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = {page.Resources.Font.Text.objgen for page in document.pages}
    assert len(fonts) == 1


@pytest.mark.parametrize("channels", [(), (3,), (4,)], ids=["grey", "colour", "transparent"])
def test_shows_the_picture_alone(channels):
    """The text is invisible."""
    page = PAGES["level"]
    rng = np.random.default_rng(1)
    small = rng.integers(100, 255, (9, 16, *channels), np.uint8)
    picture = small.repeat(100, axis=0).repeat(100, axis=1)
    if channels == (4,):
        picture[..., 3] = 255
        picture[:450, :, :] = 0  # transparent: white paper
    document = SearchablePdf()
    document.add_page(encode_picture(picture), page)
    with pypdfium2.PdfDocument(document.to_bytes()) as opened:
        shown = opened[0].render(scale=page.width / opened[0].get_width(), rev_byteorder=True).to_numpy()[..., :3]
    expected = picture[..., :3].copy() if channels else np.stack([picture] * 3, axis=-1)
    if channels == (4,):
        expected[:450] = 255
    assert np.abs(shown[:900, :1600].astype(int) - expected).mean() < 3


def test_page_has_the_size_of_a_scan():
    with pypdfium2.PdfDocument(make_pdf(Page(2480, 3508, ()))) as document:
        assert document[0].get_size() == pytest.approx((595, 842), abs=1)  # A4 at 300 dots per inch


def test_same_pages_make_the_same_file():
    assert make_pdf(PAGES["level"]) == make_pdf(PAGES["level"])
