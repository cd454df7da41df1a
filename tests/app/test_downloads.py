"""Downloads: written at the click alone, and then from what was typed last."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st

from app import downloads
from app.downloads import offer_text
from app.reading import Options, Reading
from app.uploads import UploadedPage
from netchu.pages.output_formats import FORMATS
from netchu.pages.page import Line, Page, Word

CORNERS = ((0, 0), (90, 0), (90, 20), (0, 20))


def reading(text: str, number: int = 1) -> Reading:
    words = tuple(Word(word, 0.9, CORNERS) for word in text.split())
    source = UploadedPage("a.pdf", b"", "digest", number, 2)
    return Reading(source, Options("auto", "beam", Path(), 0), Page(90, 20, (Line(words, CORNERS),)))


@pytest.fixture
def offered(monkeypatch):
    """By label, what a button of the first run downloads when it is clicked, and as which file."""
    buttons = {}

    def button(label, data, name, **options):
        buttons.setdefault(label, (data, name))
        return False

    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(st, "download_button", button)
    monkeypatch.setattr(downloads, "_PATIENCE", 0.01)
    return buttons


def test_nothing_is_written_before_the_click(offered, monkeypatch):
    written = []
    counted = {
        name: kind._replace(write=lambda file, page, write=kind.write: written.append(file) or write(file, page))
        for name, kind in FORMATS.items()
    }
    monkeypatch.setattr(downloads, "FORMATS", counted)
    offer_text([reading("Hà Nội")])
    assert len(offered) == 4 and not written
    assert offered["TXT"][0]() == "Hà Nội\n".encode() and len(written) == 1


def test_a_button_of_an_earlier_run_waits_for_the_text_that_comes_with_the_click(offered, monkeypatch):
    monkeypatch.setattr(downloads, "_PATIENCE", 30)
    offer_text([reading("Hà Nội")])
    with ThreadPoolExecutor() as pool:
        downloaded = pool.submit(offered["TXT"][0])
        assert not downloaded.done()
        monkeypatch.setattr(st, "download_button", lambda label, *others, **options: label == "TXT")
        offer_text([reading("Huế")])
        assert downloaded.result(timeout=10) == "Huế\n".encode()


def test_many_pages_are_one_file_or_a_zip(offered):
    offer_text([reading("Hà Nội"), reading("Huế", 2)])
    assert {label: name for label, (_, name) in offered.items()} == {
        "TXT": "a.txt",
        "CSV": "a.csv",
        "ALTO XML": "a-alto.zip",
        "PAGE XML": "a-page.zip",
    }
    assert offered["TXT"][0]() == "Hà Nội\nHuế\n".encode()
    assert offered["CSV"][0]().decode().count("\n") == 3
    with zipfile.ZipFile(io.BytesIO(offered["ALTO XML"][0]())) as archive:
        assert archive.namelist() == ["001-a.xml", "002-a.xml"]
        assert "Huế" in archive.read("002-a.xml").decode()
