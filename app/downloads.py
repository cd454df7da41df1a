"""Offers the corrected text of all pages to copy or download."""

import functools
import io
import zipfile
from pathlib import Path

import streamlit as st

from app.correcting import apply_corrections
from app.language import say
from app.reading import ReadPicture
from app.uploads import decode_page
from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Page

_FORMATS = (("text", "TXT"), ("csv", "CSV"), ("alto", "ALTO XML"), ("page", "PAGE XML"), ("hocr", "hOCR"))
"""Names of the formats of buttons, each with its label."""


def offer_text(pictures: list[ReadPicture]) -> None:
    """Show the text of all pages, and a download button for each format."""
    pages = [
        (PageFile(Path(picture.source.name), picture.source.number, picture.source.pages), apply_corrections(picture))
        for picture in pictures
    ]
    st.subheader(say("Text", "Văn bản"))
    stem = Path(pictures[0].source.name).stem
    with st.container(horizontal=True):
        for name, label in _FORMATS:
            content, suffix = _make_file(name, pages)
            st.download_button(
                label, content, f"{stem}{suffix}", icon=":material/download:", on_click="ignore", key=f"download-{name}"
            )
        st.download_button(
            "PDF",
            lambda: _make_pdf(pictures, [page for _, page in pages]),  # slow, so made only on a click
            f"{stem}-text.pdf",
            icon=":material/download:",
            on_click="ignore",
            key="download-pdf",
            help=say("The pictures, with text to search and copy", "Ảnh kèm văn bản để tìm kiếm và sao chép"),
        )
    # After the buttons: when a text is visible here, their files contain it.
    st.code("\n\n".join(page.text for _, page in pages), language=None, wrap_lines=True)


def _make_file(name: str, pages: list[tuple[PageFile, Page]]) -> tuple[bytes, str]:
    """Return the pages in a format, and the end of the file's name.

    Several pages in a format for one page are a zip archive.
    """
    output_format = OUTPUT_FORMATS[name]
    documents = [_format_page(name, file, page) for file, page in pages]
    if len(pages) == 1 or output_format.multi_page:
        return output_format.combine(documents).encode(), output_format.suffix
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for number, (document, (file, _)) in enumerate(zip(documents, pages, strict=True), 1):
            # Without the time, the same pages are the same file, which Streamlit need not send again.
            entry = zipfile.ZipInfo(f"{number:03}-{file.path.stem}{output_format.suffix}")
            zipped.writestr(entry, document, zipfile.ZIP_DEFLATED)
    return archive.getvalue(), f"-{name}.zip"


def _make_pdf(pictures: list[ReadPicture], pages: list[Page]) -> bytes:
    """Return a searchable PDF of all pictures."""
    from netchu.pages.searchable_pdf import SearchablePdf, encode_picture  # its packages load slowly

    document = SearchablePdf()
    for picture, page in zip(pictures, pages, strict=True):
        document.add_page(encode_picture(decode_page(picture.source)), page)
    return document.to_bytes()


@functools.lru_cache(len(_FORMATS) * 50)
def _format_page(name: str, file: PageFile, page: Page) -> str:
    """Return a page in a format; cached, because each typed letter asks for all pages in all formats again."""
    return OUTPUT_FORMATS[name].write(file, page)
