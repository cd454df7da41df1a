import csv
import io
import zipfile
from pathlib import Path

import pypdfium2
import pytest
import streamlit as st
from PIL import Image

from app.downloads import offer_text
from app.reading import ReadingOptions, ReadPicture
from app.uploads import UploadedPage
from netchu.pages.page import Line, Page, Word

CORNERS = ((0, 0), (90, 0), (90, 20), (0, 20))


def make_picture(text: str, number: int = 1) -> ReadPicture:
    words = tuple(Word(word, 0.9, CORNERS) for word in text.split())
    source = UploadedPage("a.pdf", b"", "digest", number, 2)
    return ReadPicture(source, ReadingOptions("auto", "beam", Path(), 0, ""), Page(90, 20, (Line(words, CORNERS),)))


@pytest.fixture
def offered(monkeypatch):
    """The content and the file name of each download button, by its label."""
    buttons = {}
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "download_button", lambda label, data, name, **_: buttons.update({label: (data, name)}))
    return buttons


def test_offers_text_of_fields(offered):
    picture = make_picture("Hà Nội")
    offer_text([picture])
    assert offered["TXT"] == ("Hà Nội\n".encode(), "a.txt")
    st.session_state[f"{picture.key}-0"] = "Huế"
    offer_text([picture])
    assert offered["TXT"] == ("Huế\n".encode(), "a.txt")
    assert "Huế" in offered["ALTO XML"][0].decode() and offered["ALTO XML"][1] == "a.xml"


@pytest.mark.parametrize("texts", [["Hà Nội"], ["Hà Nội", "Huế"]])
def test_marks_only_the_csv_file_as_utf_8(offered, texts):
    """Excel reads it as UTF-8 only with the mark, which must stand only once, at the start."""
    offer_text([make_picture(text, number) for number, text in enumerate(texts, 1)])
    content = offered["CSV"][0]
    assert content.startswith(b"\xef\xbb\xbfpath,") and content.count(b"\xef\xbb\xbf") == 1
    assert [row["text"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))] == texts
    assert offered["TXT"][0].startswith("Hà".encode())


def test_offers_several_pages_as_one_file_or_zip(offered):
    offer_text([make_picture("Hà Nội"), make_picture("Huế", 2)])
    assert {label: name for label, (_, name) in offered.items()} == {
        "TXT": "a.txt",
        "CSV": "a.csv",
        "ALTO XML": "a-alto.zip",
        "PAGE XML": "a-page.zip",
        "hOCR": "a-hocr.zip",
        "PDF": "a-text.pdf",
    }
    assert offered["TXT"][0] == "Hà Nội\nHuế\n".encode()
    assert offered["CSV"][0].decode().count("\n") == 3
    with zipfile.ZipFile(io.BytesIO(offered["ALTO XML"][0])) as archive:
        assert archive.namelist() == ["001-a.xml", "002-a.xml"]
        assert "Huế" in archive.read("002-a.xml").decode()


def test_offers_a_searchable_pdf_of_all_pages(offered):
    file = io.BytesIO()
    picture = Image.new("L", (90, 20), 255)
    picture.save(file, "PDF", resolution=300, save_all=True, append_images=[picture])
    pictures = [make_picture("Nguyễn"), make_picture("Huế", 2)]
    pictures = [shown._replace(source=shown.source._replace(data=file.getvalue())) for shown in pictures]
    offer_text(pictures)
    make_pdf, _ = offered["PDF"]
    with pypdfium2.PdfDocument(make_pdf()) as document:
        assert [page.get_textpage().get_text_range() for page in document] == ["Nguyễn", "Huế"]
