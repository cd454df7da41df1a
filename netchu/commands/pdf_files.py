"""The searchable PDFs that `netchu read --format pdf` writes, one for each file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.pages.image_files import PageFile
from netchu.pages.page import Page
from netchu.pages.searchable_pdf import JpegPicture, SearchablePdf, encode_picture
from netchu.pictures.images import warn_user


class PdfFiles:
    """The PDFs of files whose pages are read in order."""

    def __init__(self, targets: dict[PageFile, Path]):
        self._targets = targets
        self._documents: dict[Path, SearchablePdf] = {}
        self._pictures: dict[PageFile, JpegPicture] = {}
        self._added: set[PageFile] = set()

    def keep_pictures(self, open_source: Callable[[PageFile], np.ndarray]) -> Callable[[PageFile], np.ndarray]:
        """Return a function that opens a page and keeps its picture, compressed, until the page is added."""

        def open_and_keep(file: PageFile) -> np.ndarray:
            picture = open_source(file)
            self._pictures[file] = encode_picture(picture)
            return picture

        return open_and_keep

    def add_page(self, file: PageFile, page: Page) -> None:
        """Add a page to the PDF of its file."""
        self._added.add(file)
        self._documents.setdefault(file.path, SearchablePdf()).add_page(self._pictures.pop(file), page)

    def write_file(self, file: PageFile) -> None:
        """Write the PDF of a file of which `file` is the last page; raise NetchuError if that fails.

        Issue a PictureWarning if it lacks pages, because they could not be read.
        """
        pages = [file._replace(number=number) for number in range(1, file.pages + 1)]
        missing = [page for page in pages if page not in self._added]
        self._added.difference_update(pages)
        for page in missing:
            self._pictures.pop(page, None)  # of a page that could be opened and not read
        document = self._documents.pop(file.path, None)
        if document is None:  # no page could be read
            return
        target = self._targets[file]
        try:
            with atomic_path(target) as temporary:
                temporary.write_bytes(document.to_bytes())
        except OSError as error:
            raise NetchuError(f"cannot be written to {target} ({error.strerror})") from None
        if missing:
            numbers = ", ".join(str(page.number) for page in missing)
            warn_user(f"{target} lacks the pages that could not be read: {numbers}")
