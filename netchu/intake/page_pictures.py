"""The pictures of transcribed pages: found in an archive, decoded and compared with the page."""

import contextlib
import posixpath
import re
import unicodedata

import numpy as np

from netchu.core.errors import NetchuError
from netchu.intake.labels import IMAGE_SUFFIXES
from netchu.intake.transcribed_pages import TranscribedPage
from netchu.pictures.illumination import to_grey
from netchu.pictures.images import decode_image
from netchu.pictures.tiff_files import count_frames

_PICTURE_SUFFIXES = (*IMAGE_SUFFIXES, ".heic", ".heif", ".avif")

_MAX_DISTORTION = 0.02
"""Largest difference between the ratios of width to height of a page and of its picture."""


class PictureIndex:
    """The pictures of an archive, found by name in any folder."""

    def __init__(self, names: list[str]):
        self._by_base: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        self._names = set(names)
        for name in names:
            if name.lower().endswith(_PICTURE_SUFFIXES):
                base = simplify_name(name)
                self._by_base.setdefault(base, []).append(name)
                self._by_stem.setdefault(posixpath.splitext(base)[0], []).append(name)

    def find(self, image: str, page_file: str) -> tuple[str, ...]:
        """Return the entries with the name `image`, only those in the folder nearest to `page_file`.

        If there is none, return those with another suffix: exports may convert the pictures. A page that names no
        picture has one with the name of its own file.
        """
        exact = posixpath.normpath(posixpath.join(posixpath.dirname(page_file), image))
        if image and exact in self._names:
            return (exact,)
        base = simplify_name(image or page_file)
        uploaded = re.sub("^[0-9a-f]{8}-", "", base)  # Label Studio puts these in front of the names of uploads
        candidates = (
            self._by_base.get(base)
            or self._by_base.get(uploaded)
            or self._by_stem.get(posixpath.splitext(base)[0])
            or self._by_stem.get(posixpath.splitext(uploaded)[0])
            or []
        )
        steps = [_count_steps(page_file, name) for name in candidates]
        return tuple(name for name, count in zip(candidates, steps, strict=True) if count == min(steps))


def _count_steps(start: str, end: str) -> int:
    """Return the number of folders to leave and to enter from the file `start` to the file `end`.

    >>> _count_steps("book/page/1.xml", "book/images/1.jpg")
    2
    """
    path = posixpath.relpath("/" + posixpath.dirname(end), "/" + posixpath.dirname(start))
    return 0 if path == "." else len(path.split("/"))


def simplify_name(name: str) -> str:
    """Return the name without folder, in NFC and lower case."""
    return unicodedata.normalize("NFC", posixpath.basename(name.replace("\\", "/"))).lower()


def open_picture(page: TranscribedPage, name: str, data: bytes) -> tuple[np.ndarray, tuple[float, float]]:
    """Return the grey pixels of the page's picture, and its pixels per unit of the page's positions in x and y.

    Args:
        name: of the file `data`.

    Raises:
        NetchuError: the picture is damaged or has several pages, or its shape is not that of the page.
    """
    if name.lower().endswith((".tif", ".tiff")) and (frames := _count_frames(data)) > 1:
        raise NetchuError(f"contains {frames} pages; save each as a file of its own")
    picture = to_grey(decode_image(data))
    height, width = picture.shape
    if not (page.width > 0 and page.height > 0):
        return picture, (1, 1)
    scale = width / page.width, height / page.height
    if abs(scale[0] / scale[1] - 1) > _MAX_DISTORTION:
        raise NetchuError(
            f"the picture has {width} x {height} pixels, its page {page.width:g} x {page.height:g}: "
            "cropped or turned since; use the picture that was transcribed"
        )
    return picture, scale


def _count_frames(data: bytes) -> int:
    """Return the number of pictures in a TIFF file, 1 if it cannot be opened."""
    with contextlib.suppress(Exception):
        return count_frames(data)
    return 1
