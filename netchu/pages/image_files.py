"""Finds the images that people name, in folders too, and opens each page of them, whatever kind of file it is."""

import contextlib
import io
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from netchu.core.errors import NetchuError
from netchu.core.folders import walk_files
from netchu.pictures.images import MAX_PIXELS, decode_image

SUFFIXES = (".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pdf", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""File names' ends by which images are known in a folder; a file that is named itself is opened whatever its name."""

PDF_RESOLUTION = 300
"""Dots an inch at which the pages of a PDF are drawn, as archives scan handwriting."""

_PAGED = (".pdf", ".tif", ".tiff")

_PDFIUM = threading.Lock()
"""PDFium works in one thread at a time."""


class PageFile(NamedTuple):
    """One page to be read: of most files the only one."""

    path: Path
    number: int = 1
    pages: int = 1

    def __str__(self) -> str:
        return f"{self.path}, page {self.number}" if self.pages > 1 else str(self.path)


def find_pages(paths: Iterable[str | Path]) -> Iterator[PageFile]:
    """The pages of the files in `paths`, folders with all that is in them, in the order in which people count.

    A folder's images are those whose names end in one of SUFFIXES and do not begin with a dot. A path where there is no
    file, or a damaged one, is passed on: opening it says what is wrong. So is a folder without images, or which cannot
    be listed.
    """
    for path in map(Path, paths):
        for file in _images_in(path) or [path]:
            pages = count_pages(file) if file.suffix.lower() in _PAGED else 1
            for number in range(1, pages + 1):
                yield PageFile(file, number, pages)


def open_page(page: PageFile) -> np.ndarray:
    """The pixels of a page, uint8 (height, width), (height, width, 3) RGB or (height, width, 4) RGBA, upright.

    Raises:
        NetchuError: the page cannot be opened. The message does not name the file.
    """
    try:
        if page.path.is_dir():
            next(page.path.iterdir(), None)  # raises OSError where it cannot be listed
            raise NetchuError(f"no images in this folder (their names end in {', '.join(SUFFIXES)})")
        return draw_page(page.path, page.number)
    except FileNotFoundError:
        raise NetchuError("no such file or folder") from None
    except OSError as error:
        raise NetchuError(f"cannot be opened ({error.strerror or error})") from None
    except ValueError as error:  # a name with a zero byte
        raise NetchuError(f"cannot be opened ({error})") from None


def count_pages(file: Path | bytes) -> int:
    """Pages of a file, in memory or not; 1 also where it cannot be told."""
    try:
        if _is_pdf(file):
            with _PDFIUM, _open_pdf(file) as document:
                return len(document)
        with _open_tiff(file) as image:
            return image.n_frames
    except Exception:  # whatever it is, `draw_page` meets it again and tells
        return 1


def draw_page(file: Path | bytes, number: int) -> np.ndarray:
    """The pixels of a page, counted from 1, as `open_page` gives them; raises NetchuError, or OSError of a path."""
    if isinstance(file, Path) and not file.is_file():  # a pipe can be read once only
        file = file.read_bytes()
    if _is_pdf(file):
        return _draw_pdf(file, number)
    if number > 1:
        return _tiff_page(file, number)
    return decode_image(file if isinstance(file, bytes) else file.read_bytes())


def _images_in(folder: Path) -> list[Path]:
    """The image files anywhere in a folder, `2.png` before `10.png`, and the folders in it that cannot be listed."""
    unlisted: list[Path] = []
    found = [
        file
        for file in walk_files(folder, lambda error: unlisted.append(Path(error.filename)))
        if file.name.lower().endswith(SUFFIXES) and not file.name.startswith(".")
    ]
    return sorted(found + unlisted, key=_counting_order)


def _counting_order(path: Path) -> list[list[tuple[str, int, str]]]:
    """Sorts digits by their value, folder by folder."""
    return [
        [(text.lower(), int(digits or 0), text) for text, digits in re.findall(r"(\D+|^)(\d*)", part)]
        for part in path.parts
    ]


def pillow_pixels(image: Image.Image) -> np.ndarray:
    """The pixels of a Pillow image as `open_page` gives them; raises NetchuError."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise NetchuError(f"{width} x {height} pixels, more than {MAX_PIXELS // 10**6} million")
    file = io.BytesIO()
    with _damage_told():
        with contextlib.suppress(Exception):  # damaged EXIF says nothing of the pixels
            image = ImageOps.exif_transpose(image)
        if image.has_transparency_data:
            image = image.convert("RGBA")
        elif not image.mode.startswith(("1", "I", "F")) and image.mode != "L":
            image = image.convert("RGB")
        image.save(file, "TIFF")
    return decode_image(file.getvalue())


def _open_tiff(file: Path | bytes) -> Image.Image:
    return Image.open(io.BytesIO(file) if isinstance(file, bytes) else file, formats=["TIFF"])


def _tiff_page(file: Path | bytes, number: int) -> np.ndarray:
    with _damage_told(), _open_tiff(file) as image:
        image.seek(number - 1)
        return pillow_pixels(image)


@contextlib.contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (NetchuError, FileNotFoundError):
        raise
    except UnidentifiedImageError:  # its message names the file, or a place in memory
        raise NetchuError("damaged image") from None
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, ValueError, struct.error and others
        raise NetchuError(f"damaged image ({' '.join(str(error).split()) or type(error).__name__})") from None


def _is_pdf(file: Path | bytes) -> bool:
    with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as opened:
        return b"%PDF-" in opened.read(1024)  # readers accept some bytes before the header


def _open_pdf(file: Path | bytes):
    """A pypdfium2.PdfDocument, to be closed; only within _PDFIUM. Raises NetchuError where it is damaged or locked."""
    import pypdfium2  # costs 0.1 s, which only those pay who have a PDF

    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise NetchuError("the PDF is locked with a password; save it without one") from None
        raise NetchuError("damaged PDF") from None


def _draw_pdf(file: Path | bytes, number: int) -> np.ndarray:
    """The pixels of a page, counted from 1, as `open_page` gives them; raises NetchuError."""
    with _PDFIUM, _open_pdf(file) as document:
        try:
            page = document[number - 1]
            inches = [side / 72 for side in page.get_size()]
            # A poster is drawn coarser rather than refused.
            resolution = min(PDF_RESOLUTION, (MAX_PIXELS / (inches[0] * inches[1])) ** 0.5)
            return page.render(scale=resolution / 72, rev_byteorder=True).to_numpy()[:, :, :3].copy()
        except NetchuError:
            raise
        except Exception as error:  # PDFium's, and whatever a damaged page brings about
            raise NetchuError(f"damaged PDF page ({' '.join(str(error).split())})") from None
