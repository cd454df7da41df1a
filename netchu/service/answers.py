"""Reads the files of a request, and makes the body of the answer in the requested format."""

import io
import threading
import zipfile
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from netchu.core.errors import NetchuError
from netchu.pages.image_files import PageFile, count_pages, decode_file_page
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Page
from netchu.pages.reading_options import Ink, Layout
from netchu.pages.recognizer import Recognizer
from netchu.pages.searchable_pdf import SearchablePdf, encode_picture
from netchu.reading.decoders import DECODERS, DEFAULT_DECODER
from netchu.service.errors import ServiceError
from netchu.service.uploads import Upload

ZIP_TYPE, PDF_TYPE = "application/zip", "application/pdf"

MEDIA_TYPES = (
    *dict.fromkeys(output_format.media_type for output_format in OUTPUT_FORMATS.values()),
    PDF_TYPE,
    ZIP_TYPE,
)
"""Media types of all answers."""


class ReadOptions(BaseModel):
    """Options of a request, in the query of its address."""

    model_config = ConfigDict(extra="forbid")

    layout: Layout = Field(
        "auto", description="line: one line of writing; page: lines in columns or tables; auto: either"
    )
    decoder: Literal[tuple(DECODERS)] = Field(
        DEFAULT_DECODER, description="beam: with the language model; greedy: the network alone, faster"
    )
    ink: Ink = Field(
        "all", description="all: every word, printed ones with low confidence; handwriting: no printed words"
    )
    format: Literal[(*OUTPUT_FORMATS, "pdf")] = Field(
        "text",
        description="text, jsonl, csv: one document for all files. alto, page, hocr: one document per page; pdf: one "
        "searchable PDF per file. Several documents are sent as a zip archive.",
    )


class Answer(NamedTuple):
    """The body of an answer."""

    content: bytes
    media_type: str
    warnings: list[str]  # parts of pictures that are missing, with the number of the page in the request


def read_uploads(
    recognizer: Recognizer, uploads: Sequence[Upload], options: ReadOptions, max_pages: int, stop: threading.Event
) -> Answer:
    """Read all pages of the files.

    Args:
        stop: if it is set, the reading ends after the current page.

    Raises:
        ServiceError: the files have too many pages, or a page cannot be read.
    """
    files = [
        (upload, PageFile(upload.path, number, pages))
        for upload in uploads
        for pages in [count_pages(upload.data)]
        for number in range(1, pages + 1)
    ]
    if len(files) > max_pages:
        raise ServiceError(413, f"{len(files)} pages, more than {max_pages}; send them in several requests")
    writer = _PdfWriter() if options.format == "pdf" else _TextWriter(options.format)
    warnings: list[str] = []
    for index, (upload, file) in enumerate(files, 1):
        if stop.is_set():
            raise ServiceError(504, "the reading was stopped")
        try:
            missing: list[str] = []
            picture = decode_file_page(upload.data, file.number, missing.append)
            page = recognizer.read(picture, options.layout, options.decoder, ink=options.ink)
        except NetchuError as error:
            raise ServiceError(422, f"{file}: {error}") from None
        warnings += [f"page {index}: {text}" for text in missing]
        writer.add_page(file, picture, page)
    return Answer(*writer.finish(), warnings)


class _TextWriter:
    """Writes pages in one of OUTPUT_FORMATS."""

    def __init__(self, name: str):
        self._format = OUTPUT_FORMATS[name]
        self._documents: list[tuple[PageFile, bytes]] = []

    def add_page(self, file: PageFile, picture: np.ndarray, page: Page) -> None:
        self._documents.append((file, self._format.write(file, page).encode()))

    def finish(self) -> tuple[bytes, str]:
        """Return the body of the answer and its media type."""
        if self._format.multi_page:
            header = self._format.header.encode()
            return header + b"".join(document for _, document in self._documents), self._format.media_type
        return _bundle(self._documents, self._format.suffix, self._format.media_type)


class _PdfWriter:
    """Writes a searchable PDF for each file."""

    def __init__(self) -> None:
        self._documents: list[tuple[PageFile, SearchablePdf]] = []

    def add_page(self, file: PageFile, picture: np.ndarray, page: Page) -> None:
        if file.number == 1:
            self._documents.append((file, SearchablePdf()))
        self._documents[-1][1].add_page(encode_picture(picture), page)

    def finish(self) -> tuple[bytes, str]:
        """Return the body of the answer and its media type."""
        return _bundle([(file, document.to_bytes()) for file, document in self._documents], ".pdf", PDF_TYPE)


def _bundle(documents: list[tuple[PageFile, bytes]], suffix: str, media_type: str) -> tuple[bytes, str]:
    """Return the only document and its media type, or a zip archive of several documents."""
    if len(documents) == 1:
        return documents[0][1], media_type
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, (file, content) in enumerate(documents, 1):
            zipped.writestr(f"{number:03}-{file.path.stem}{suffix}", content)
    return archive.getvalue(), ZIP_TYPE
