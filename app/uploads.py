"""Splits uploaded files into pages and decodes them in memory: nothing is written to disk."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from netchu.pages.image_files import SUFFIXES, count_pages, decode_file_page
from netchu.pictures.images import warn_user

FILE_TYPES = [suffix.removeprefix(".") for suffix in SUFFIXES]


class UploadedPage(NamedTuple):
    """A page of an uploaded file."""

    name: str  # of the file
    data: bytes  # of the file
    digest: str  # of the file
    number: int = 1
    pages: int = 1

    def __str__(self) -> str:
        return f"{self.name}, {self.number}/{self.pages}" if self.pages > 1 else self.name


def split_into_pages(name: str, data: bytes, identity: str) -> list[UploadedPage]:
    """Return the pages of a file; a damaged file has one page, whose decoding raises the error.

    Args:
        identity: unique for each file, so that the cache need not compare the files' bytes.
    """
    digest, pages = _examine(identity, data)
    return [UploadedPage(name, data, digest, number, pages) for number in range(1, pages + 1)]


def decode_page(page: UploadedPage, warn: Callable[[str], None] = warn_user) -> np.ndarray:
    """Return the pixels of a page as `decode_image` does; raise NetchuError, without the file's name."""
    return decode_file_page(page.data, page.number, warn)


@st.cache_data(show_spinner=False, max_entries=1000)
def _examine(identity: str, _data: bytes) -> tuple[str, int]:
    """Return the digest of a file and the number of its pages."""
    return hashlib.blake2b(_data, digest_size=12).hexdigest(), count_pages(_data)
