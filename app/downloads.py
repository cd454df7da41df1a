"""The corrected text of all pages, to be copied or downloaded."""

import functools
import io
import zipfile
from pathlib import Path

import streamlit as st

from app.correcting import corrected
from app.language import say
from app.reading import Reading
from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Page


def offer_text(readings: list[Reading]) -> None:
    """The text of all pages, to be copied or downloaded."""
    pages = [
        (PageFile(Path(reading.source.name), reading.source.number, reading.source.pages), corrected(reading))
        for reading in readings
    ]
    st.subheader(say("Text", "Văn bản"))
    stem = Path(readings[0].source.name).stem
    with st.container(horizontal=True):
        for name, label in (("text", "TXT"), ("csv", "CSV"), ("alto", "ALTO XML"), ("page", "PAGE XML")):
            content, suffix = _file(name, pages)
            st.download_button(
                label, content, f"{stem}{suffix}", icon=":material/download:", on_click="ignore", key=f"download-{name}"
            )
    # Below the buttons: text that shows here is in their files.
    st.code("\n\n".join(page.text for _, page in pages), language=None, wrap_lines=True)


def _file(name: str, pages: list[tuple[PageFile, Page]]) -> tuple[bytes, str]:
    """The pages in a format, and the end of its file's name: of formats that take one page, a zip of many."""
    kind = OUTPUT_FORMATS[name]
    documents = [_document(name, file, page) for file, page in pages]
    if len(pages) == 1 or kind.many:
        return (kind.header + "".join(documents)).encode(), kind.suffix
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for number, (document, (file, _)) in enumerate(zip(documents, pages, strict=True), 1):
            # Without the time of day the same pages are the same file, which Streamlit then need not send again.
            entry = zipfile.ZipInfo(f"{number:03}-{file.path.stem}{kind.suffix}")
            zipped.writestr(entry, document, zipfile.ZIP_DEFLATED)
    return archive.getvalue(), f"-{name}.zip"


@functools.lru_cache(4 * 50)
def _document(name: str, file: PageFile, page: Page) -> str:
    """A page in a format, kept because every letter that is typed asks for all pages in all formats again."""
    return OUTPUT_FORMATS[name].write(file, page)
