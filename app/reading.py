"""Reads pages for the web page: each once, whatever the person does on the page meanwhile."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from app.picture_view import overview
from app.uploads import UploadedPage, open_page
from netchu.core.errors import NetchuError
from netchu.pages.page import Page
from netchu.pages.recognizer import Layout, Recognizer, default_model


class Options(NamedTuple):
    """How a page is read."""

    layout: Layout
    decoder: str
    model: Path  # folder
    changed: int  # when the model was, in nanoseconds


def default_options(layout: Layout, decoder: str) -> Options:
    """With the model that is read with by default; raises NetchuError where there is none."""
    folder = default_model()
    return Options(layout, decoder, folder, max(file.stat().st_mtime_ns for file in folder.iterdir()))


class Reading(NamedTuple):
    """A page and what was read there."""

    source: UploadedPage
    options: Options
    page: Page

    @property
    def key(self) -> str:
        """The same for the same content, read in the same way."""
        options = self.options
        source = f"{self.source.digest}-{self.source.number}"
        return f"{source}-{options.layout}-{options.decoder}-{options.model}-{options.changed}"


def recognizer(options: Options) -> Recognizer:
    """The model, loaded once; raises NetchuError where it is damaged."""
    return _recognizer(options.model, options.changed)


def read(source: UploadedPage, options: Options) -> Reading | NetchuError:
    """What is read on a page, or why it cannot be."""
    page = _read(source.digest, source.number, options, source)
    return page if isinstance(page, NetchuError) else Reading(source, options, page)


def pixels(source: UploadedPage) -> np.ndarray:
    """The picture of a page that could be read."""
    return _pixels(source.digest, source.number, source)


def drawn(reading: Reading) -> bytes:
    """The picture as `overview` draws it."""
    return _drawn(reading.key, reading)


# Arguments that begin with an underscore take no part in telling calls apart.


@st.cache_resource(max_entries=2, show_spinner=False)
def _recognizer(folder: Path, changed: int) -> Recognizer:
    return Recognizer(folder)


@st.cache_resource(max_entries=500, show_spinner=False)
def _read(digest: str, number: int, options: Options, _source: UploadedPage) -> Page | NetchuError:
    try:
        return recognizer(options).read(pixels(_source), options.layout, options.decoder, letters=True)
    except NetchuError as error:
        return error


@st.cache_resource(max_entries=3, show_spinner=False)
def _pixels(digest: str, number: int, _source: UploadedPage) -> np.ndarray:
    return open_page(_source)


@st.cache_resource(max_entries=50, show_spinner=False)
def _drawn(key: str, _reading: Reading) -> bytes:
    return overview(pixels(_reading.source), _reading.page)
