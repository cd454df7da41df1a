"""The pages of files that a person has given, opened in memory: nothing of them is written."""

import contextlib
import hashlib
import io
from typing import NamedTuple

import numpy as np
from PIL import Image

from netchu.core.errors import NetchuError
from netchu.pages.image_files import PDFIUM, draw_pdf, open_pdf, pillow_pixels
from netchu.pictures.images import decode_image

TYPES = ["png", "jpg", "jpeg", "tif", "tiff", "webp", "pdf"]


class UploadedPage(NamedTuple):
    """One page of a file."""

    name: str  # of the file
    data: bytes  # of the file
    digest: str  # of the file
    number: int = 1
    pages: int = 1

    def __str__(self) -> str:
        return f"{self.name}, {self.number}/{self.pages}" if self.pages > 1 else self.name


def pages_of(name: str, data: bytes) -> list[UploadedPage]:
    """The pages of a file; of a damaged one, too, one: opening it says what is wrong."""
    digest = hashlib.blake2b(data, digest_size=12).hexdigest()
    count = 1
    with contextlib.suppress(Exception):  # the readers' errors share no class
        if _is_pdf(data):
            with PDFIUM, open_pdf(data) as document:
                count = len(document)
        else:
            with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
                count = image.n_frames
    return [UploadedPage(name, data, digest, number, count) for number in range(1, count + 1)]


def open_page(page: UploadedPage) -> np.ndarray:
    """The pixels of a page as `decode_image` gives them; raises NetchuError, which does not name the file."""
    if _is_pdf(page.data):
        return draw_pdf(page.data, page.number)
    if page.number == 1:
        return decode_image(page.data)
    try:
        with Image.open(io.BytesIO(page.data), formats=["TIFF"]) as image:
            image.seek(page.number - 1)
            return pillow_pixels(image)
    except NetchuError:
        raise
    except Exception:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and others
        raise NetchuError("damaged image") from None


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]  # readers accept some bytes before the header
