"""Text fields in which the user corrects the lines of a page."""

import dataclasses

import streamlit as st

from app.language import say
from app.reading import ReadPicture
from netchu.core.charset import normalise
from netchu.pages.page import Page


def show_field(picture: ReadPicture, number: int) -> None:
    """Show the text field of a line, counted from 0; its text is kept for the session."""
    st.text_input(
        say(f"Line {number + 1}, corrected", f"Dòng {number + 1}, đã sửa"),
        value=picture.page.lines[number].text,
        key=_make_key(picture, number),
        label_visibility="collapsed",
        persist_state="session",
        live=True,  # otherwise a download clicked right after typing would lack the last letters
    )


def read_fields(picture: ReadPicture) -> list[str]:
    """Return the text of each line: that of its field, or as read where the field has not been shown."""
    return [
        normalise(st.session_state.get(_make_key(picture, number), line.text))
        for number, line in enumerate(picture.page.lines)
    ]


def was_shown(picture: ReadPicture) -> bool:
    """Return whether the fields of a picture have been shown to the user."""
    return _make_key(picture, 0) in st.session_state


def apply_corrections(picture: ReadPicture) -> Page:
    """Return the page with the corrected texts, without lines whose field is empty."""
    page = picture.page
    lines = [line.corrected(text) for line, text in zip(page.lines, read_fields(picture), strict=True)]
    return dataclasses.replace(page, lines=tuple(line for line in lines if line.words))


def _make_key(picture: ReadPicture, number: int) -> str:
    return f"{picture.key}-{number}"
