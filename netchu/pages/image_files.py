"""Pages of image files, PDFs and folders: finding and decoding them."""

import contextlib
import io
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.folders import walk_files
from netchu.pictures.images import MAX_PIXELS, PictureWarning, decode_image, warn_user

SUFFIXES = (
    *(".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pbm", ".pdf", ".pgm"),
    *(".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"),
)
"""Suffixes of the files in a folder that are read; a file given by name is read whatever its suffix."""

UNREADABLE_SUFFIXES = (
    *(".arw", ".cr2", ".cr3", ".djvu", ".dng", ".eps", ".j2k", ".jp2", ".jxl", ".nef", ".orf", ".psd", ".raf", ".rw2"),
    *(".svg", ".tga", ".xcf"),
)
"""Suffixes of pictures that cannot be read; of raw photographs, Pillow would decode only a small preview."""

_SIGNATURE = (
    rb"(?s)\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP|II[*+]\0|MM\0[*+]|%PDF-|"
    rb"....ftyp(heic|heix|heim|heis|mif1|avif)"
)
"""Pattern of the first bytes of the files of most formats that are read; compiling it takes 1 ms."""

PDF_RESOLUTION = 300
"""Dots per inch at which the pages of a PDF are rendered, usual for scanned handwriting."""

_PDFIUM = threading.Lock()
"""PDFium is not thread-safe."""


class PageFile(NamedTuple):
    """One page of a file; most files have only one."""

    path: Path
    number: int = 1  # from 1
    pages: int = 1  # of the file

    def __str__(self) -> str:
        return f"{self.path}, page {self.number}" if self.pages > 1 else str(self.path)


def find_pages(paths: Iterable[str | Path]) -> Iterator[PageFile]:
    """Yield the pages of files and of all images in folders, `2.png` before `10.png`.

        [str(page) for page in find_pages(["scans", "letter.pdf"])]  # ["scans/1.png", "letter.pdf, page 1", ...]

    A folder's images are the files whose names end in one of SUFFIXES, and those that start like an image. Files whose
    names start with a dot are left out. Missing and damaged files, pictures that cannot be read, folders without images
    and folders that cannot be listed are yielded, too; `open_page` reports the error.
    """
    for path in map(Path, paths):
        for file in _list_images(path) or [path]:
            pages = count_pages(file) if _may_have_pages(file) else 1
            for number in range(1, pages + 1):
                yield PageFile(file, number, pages)


def open_page(page: PageFile) -> np.ndarray:
    """Decode a page, turned upright by its EXIF orientation; issue a PictureWarning if a part of it is missing.

    Returns:
        uint8 (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA.

    Raises:
        NetchuError: the page cannot be opened. The message does not name the file.
    """
    try:
        if page.path.is_dir():
            next(page.path.iterdir(), None)  # raises OSError if it cannot be listed
            raise NetchuError(f"no images in this folder (their names end in {', '.join(SUFFIXES)})")
        if page.path.exists():
            check_suffix(page.path)

        def warn(message: str) -> None:
            warnings.warn(f"{page}: {message}", PictureWarning, stacklevel=2)

        return decode_file_page(page.path, page.number, warn)
    except FileNotFoundError:
        raise NetchuError("no such file or folder") from None
    except OSError as error:
        raise NetchuError(f"cannot be opened ({error.strerror or error})") from None
    except ValueError as error:  # a name with a zero byte
        raise NetchuError(f"cannot be opened ({error})") from None


def check_suffix(path: Path) -> None:
    """Raise NetchuError if the suffix is that of pictures that cannot be read."""
    if (suffix := path.suffix.lower()) in UNREADABLE_SUFFIXES:
        raise NetchuError(f"{suffix} files cannot be read; convert the picture to JPEG or PNG")


def count_pages(file: Path | bytes) -> int:
    """Return the number of pages of a file, a path or its bytes; 1 if it cannot be determined."""
    try:
        if _is_pdf(file):
            with _PDFIUM, _open_pdf(file) as document:
                return len(document)
        from netchu.pictures.tiff_files import count_frames  # with Pillow, which takes 20 ms

        return count_frames(file)
    except Exception:  # `open_page` will report the same error
        return 1


def decode_file_page(file: Path | bytes, number: int, warn: Callable[[str], None] = warn_user) -> np.ndarray:
    """Decode page `number`, from 1, of a file, a path or its bytes, as `open_page` does.

    Args:
        warn: called with a message if a part of the image is missing.

    Raises:
        NetchuError: the file is damaged.
        OSError: the path cannot be opened.
    """
    if isinstance(file, Path) and not file.is_file():  # a pipe can be read only once
        file = file.read_bytes()
    if _is_pdf(file):
        return _render_pdf_page(file, number)
    if number > 1:
        from netchu.pictures.tiff_files import decode_frame

        return decode_frame(file, number)
    return decode_image(file if isinstance(file, bytes) else file.read_bytes(), warn)


def _list_images(folder: Path) -> list[Path]:
    """Return the image files at any depth of a folder, and the folders in it that cannot be listed, sorted."""
    unlisted: list[Path] = []
    images = [
        file
        for file in walk_files(folder, lambda error: unlisted.append(Path(error.filename)))
        if not file.name.startswith(".")
        and (file.name.lower().endswith(SUFFIXES + UNREADABLE_SUFFIXES) or re.match(_SIGNATURE, _read_start(file)))
    ]
    return sorted(images + unlisted, key=_natural_order)


def _read_start(file: Path) -> bytes:
    """Return the first bytes of a regular file that can be read; a pipe can be read only once."""
    with contextlib.suppress(OSError, ValueError):
        if file.is_file():
            with file.open("rb") as opened:
                return opened.read(1024)
    return b""


def _may_have_pages(file: Path) -> bool:
    start = _read_start(file)
    return b"%PDF-" in start or start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def _natural_order(path: Path) -> list[list[tuple[str, int, str]]]:
    """Return a sort key that compares numbers by value, folder by folder."""
    return [
        [(text.lower(), int(digits or 0), text) for text, digits in re.findall(r"(\D+|^)(\d*)", part)]
        for part in path.parts
    ]


def _is_pdf(file: Path | bytes) -> bool:
    with io.BytesIO(file) if isinstance(file, bytes) else file.open("rb") as opened:
        return b"%PDF-" in opened.read(1024)  # PDF readers accept some bytes before the header


def _open_pdf(file: Path | bytes):
    """Return a pypdfium2.PdfDocument, to be used under _PDFIUM and closed; raise NetchuError if damaged or locked."""
    import pypdfium2  # the import takes 0.1 s and is needed only for PDF files

    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise NetchuError("the PDF is locked with a password; save it without a password") from None
        raise NetchuError("damaged PDF, or one without pages") from None


def _render_pdf_page(file: Path | bytes, number: int) -> np.ndarray:
    """Render a page, counted from 1, as RGB; raise NetchuError if it is damaged."""
    with _PDFIUM, _open_pdf(file) as document:
        try:
            page = document[number - 1]
            inches = [side / 72 for side in page.get_size()]
            # A poster is rendered at a lower resolution rather than rejected.
            resolution = min(PDF_RESOLUTION, (MAX_PIXELS / (inches[0] * inches[1])) ** 0.5)
            return page.render(scale=resolution / 72, rev_byteorder=True).to_numpy()[:, :, :3].copy()
        except NetchuError:
            raise
        except Exception as error:  # PDFium's errors, and any that a damaged page causes
            raise NetchuError(f"damaged PDF page ({' '.join(str(error).split())})") from None
