"""The pages of files that a person has given, opened in memory: nothing of them is written."""

import hashlib
from typing import NamedTuple

import numpy as np
import streamlit as st

from netchu.pages.image_files import count_pages, decode_page

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


def pages_of(name: str, data: bytes, identity: str) -> list[UploadedPage]:
    """The pages of a file; of a damaged one, too, one: opening it says what is wrong.

    Args:
        identity: what no other file has, by which this one is known again without a look at its bytes.
    """
    digest, pages = _examine(identity, data)
    return [UploadedPage(name, data, digest, number, pages) for number in range(1, pages + 1)]


def open_page(page: UploadedPage) -> np.ndarray:
    """The pixels of a page as `decode_image` gives them; raises NetchuError, which does not name the file."""
    return decode_page(page.data, page.number)


@st.cache_data(show_spinner=False, max_entries=1000)
def _examine(identity: str, _data: bytes) -> tuple[str, int]:
    """The digest of a file and the number of its pages."""
    return hashlib.blake2b(_data, digest_size=12).hexdigest(), count_pages(_data)
