"""The corrected text of all pages, to be copied or downloaded."""

import io
import zipfile
from pathlib import Path

import streamlit as st

from app.correcting import corrected
from app.language import say
from app.reading import Reading
from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import FORMATS
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
            data, suffix = _document(name, pages)
            st.download_button(
                label,
                data,
                f"{stem}{suffix}",
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{name}",
            )
    st.code("\n\n".join(page.text for _, page in pages), language=None, wrap_lines=True)


def _document(name: str, pages: list[tuple[PageFile, Page]]) -> tuple[bytes, str]:
    """The pages in a format, and the end of its file's name: of formats that take one page, a zip of many."""
    kind = FORMATS[name]
    documents = [kind.write(file, page) for file, page in pages]
    if kind.many or len(documents) == 1:
        return (kind.header + "".join(documents)).encode(), kind.suffix
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, ((file, _), document) in enumerate(zip(pages, documents, strict=True), 1):
            zipped.writestr(f"{number:03}-{file.path.stem}{kind.suffix}", document)
    return archive.getvalue(), f"-{name}.zip"
