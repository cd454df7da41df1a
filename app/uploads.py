"""Splits files into pages and decodes them; uploaded files only in memory: nothing is written to disk."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from netchu.core.errors import NetchuError
from netchu.pages.image_files import SUFFIXES, count_pages, decode_file_page, find_pages
from netchu.pictures.images import warn_user

FILE_TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES]


class UploadedPage(NamedTuple):
    """A page of a file that was uploaded, or of a file in a folder."""

    name: str  # of the file
    data: bytes | Path  # of the file, or its path
    digest: str  # of the file
    number: int = 1
    pages: int = 1

    def __str__(self) -> str:
        return f"{self.name}, {self.number}/{self.pages}" if self.pages > 1 else self.name


def split_into_pages(name: str, data: bytes, identity: str) -> list[UploadedPage]:
    """Return the pages of a file; a damaged file has at least one page, and decoding a damaged page raises the error.

    Args:
        identity: unique for each file, so that the cache need not compare the files' bytes.
    """
    digest, pages = _examine(identity, data)
    return [UploadedPage(name, data, digest, number, pages) for number in range(1, pages + 1)]


def decode_page(page: UploadedPage, warn: Callable[[str], None] = warn_user) -> np.ndarray:
    """Return the pixels of a page as `decode_image` does; raise NetchuError, without the file's name."""
    if isinstance(page.data, Path):
        try:
            return decode_file_page(page.data, page.number, warn)
        except OSError as error:
            raise NetchuError(f"cannot be opened ({error.strerror or error})") from None
    return decode_file_page(page.data, page.number, warn)


def list_folder(folder: Path) -> list[UploadedPage]:
    """Return the pages of all pictures at any depth of a folder; raise NetchuError if there are none.

    A file that cannot be opened has no digest; decoding it raises the error.
    """
    if not folder.is_dir():
        raise NetchuError(f"{folder}: no such folder; check its name")
    pages, digests = [], {}
    for page in find_pages([folder]):
        if page.path == folder:
            raise NetchuError(f"{folder}: holds no pictures (their names end in {', '.join(SUFFIXES)})")
        if page.path not in digests:
            try:
                digests[page.path] = _compute_digest(page.path.read_bytes())
            except OSError:
                digests[page.path] = ""
        name = page.path.relative_to(folder).as_posix()
        pages.append(UploadedPage(name, page.path, digests[page.path], page.number, page.pages))
    return pages


@st.cache_data(show_spinner=False, max_entries=1000)
def _examine(identity: str, _data: bytes) -> tuple[str, int]:
    """Return the digest of a file and the number of its pages."""
    return _compute_digest(_data), count_pages(_data)


def _compute_digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
