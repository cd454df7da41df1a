"""Reads pictures for the web page, each only once: results are cached."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from app.picture_view import draw_overview
from app.uploads import UploadedPage, decode_page
from netchu.core.errors import NetchuError
from netchu.pages.page import Page
from netchu.pages.reading_options import Layout
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader_folders import find_default_reader


class ReadingOptions(NamedTuple):
    """The layout, decoder, model and preferred words to read with."""

    layout: Layout
    decoder: str
    model: Path  # folder
    changed: int  # time of the model's last change, in nanoseconds
    words: str  # text whose words the decoder prefers


def make_options(layout: Layout, decoder: str, words: str) -> ReadingOptions:
    """Return options with the default model; raise NetchuError where there is none."""
    folder = find_default_reader()
    return ReadingOptions(layout, decoder, folder, max(file.stat().st_mtime_ns for file in folder.iterdir()), words)


class ReadPicture(NamedTuple):
    """A picture and its text."""

    source: UploadedPage
    options: ReadingOptions
    page: Page
    warnings: tuple[str, ...] = ()  # parts of the picture that are missing

    @property
    def key(self) -> str:
        """Return a text that is the same for the same picture and options."""
        options = self.options
        source = f"{self.source.digest}-{self.source.number}"
        words = hashlib.sha256(options.words.encode()).hexdigest()
        return f"{source}-{options.layout}-{options.decoder}-{options.model}-{options.changed}-{words}"


def load_recognizer(options: ReadingOptions) -> Recognizer:
    """Return the recognizer, loaded once; raise NetchuError where its model is damaged."""
    return _load_recognizer(options.model, options.changed, options.words)


def read_picture(source: UploadedPage, options: ReadingOptions) -> ReadPicture | NetchuError:
    """Return the picture with its text, or the error where it cannot be read."""
    page = _read(source.digest, source.number, options, source)
    return page if isinstance(page, NetchuError) else ReadPicture(source, options, *page)


def load_pixels(source: UploadedPage) -> np.ndarray:
    """Return the pixels of a picture that can be read."""
    return _decode(source.digest, source.number, source)[0]


def load_overview(picture: ReadPicture) -> bytes:
    """Return the picture as `draw_overview` draws it."""
    return _draw(picture.key, picture)


# Streamlit's caches ignore arguments whose name starts with an underscore.


@st.cache_resource(max_entries=2, show_spinner=False)
def _load_recognizer(folder: Path, changed: int, words: str) -> Recognizer:
    return Recognizer.load(folder, words.splitlines())


@st.cache_resource(max_entries=500, show_spinner=False)
def _read(
    digest: str, number: int, options: ReadingOptions, _source: UploadedPage
) -> tuple[Page, tuple[str, ...]] | NetchuError:
    """Return the page and the warnings of its decoding."""
    try:
        pixels, warnings = _decode(digest, number, _source)
        return load_recognizer(options).read(pixels, options.layout, options.decoder, letters=True), warnings
    except NetchuError as error:
        return error


@st.cache_resource(max_entries=3, show_spinner=False)
def _decode(digest: str, number: int, _source: UploadedPage) -> tuple[np.ndarray, tuple[str, ...]]:
    warnings: list[str] = []
    return decode_page(_source, warnings.append), tuple(warnings)


@st.cache_resource(max_entries=50, show_spinner=False)
def _draw(key: str, _picture: ReadPicture) -> bytes:
    return draw_overview(load_pixels(_picture.source), _picture.page)
