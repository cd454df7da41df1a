"""The corrected text of all pages, to be copied or downloaded."""

import contextlib
import functools
import io
import queue
import zipfile
from pathlib import Path

import streamlit as st

from app.correcting import corrected
from app.language import say
from app.reading import Reading
from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import FORMATS
from netchu.pages.page import Page

_PATIENCE = 5
"""Seconds that a click may take to run the page; of two clicks in a moment there is one run."""


def offer_text(readings: list[Reading]) -> None:
    """The text of all pages, to be copied or downloaded."""
    pages = [
        (PageFile(Path(reading.source.name), reading.source.number, reading.source.pages), corrected(reading))
        for reading in readings
    ]
    # A file is written at the click alone. The click runs this anew, with what was typed right before it, and the file
    # waits for that run, although the button that was clicked is of an earlier one: so these two outlast the runs.
    latest = st.session_state.setdefault("pages_to_download", [])
    latest[:] = pages
    clicks = st.session_state.setdefault("download_clicks", queue.SimpleQueue())
    st.subheader(say("Text", "Văn bản"))
    stem = Path(readings[0].source.name).stem
    with st.container(horizontal=True):
        for name, label in (("text", "TXT"), ("csv", "CSV"), ("alto", "ALTO XML"), ("page", "PAGE XML")):
            if st.download_button(
                label,
                functools.partial(_document, name, latest, clicks),
                f"{stem}{_suffix(name, len(pages))}",
                icon=":material/download:",
                key=f"download-{name}",
            ):
                clicks.put(name)
    st.code("\n\n".join(page.text for _, page in pages), language=None, wrap_lines=True)


def _suffix(name: str, pages: int) -> str:
    """The end of the name of a file with so many pages in a format."""
    return f"-{name}.zip" if _is_zip(name, pages) else FORMATS[name].suffix


def _document(name: str, latest: list[tuple[PageFile, Page]], clicks: queue.SimpleQueue) -> bytes:
    """The pages in a format once the click has come through: of formats that take one page, a zip of many."""
    with contextlib.suppress(queue.Empty):
        clicks.get(timeout=_PATIENCE)
    kind = FORMATS[name]
    documents = [(file, kind.write(file, page)) for file, page in list(latest)]
    if not _is_zip(name, len(documents)):
        return (kind.header + "".join(document for _, document in documents)).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, (file, document) in enumerate(documents, 1):
            zipped.writestr(f"{number:03}-{file.path.stem}{kind.suffix}", document)
    return archive.getvalue()


def _is_zip(name: str, pages: int) -> bool:
    return pages > 1 and not FORMATS[name].many
