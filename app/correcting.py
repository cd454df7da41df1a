"""The text of a page as the person corrects it: a field for each line."""

import streamlit as st

from app.language import say
from app.reading import Reading
from netchu.core.charset import normalise
from netchu.pages.page import Page


def correct(reading: Reading, number: int) -> None:
    """The field of a line, counted from 0; what is written there stays for the session."""
    st.text_input(
        say(f"Line {number + 1}, corrected", f"Dòng {number + 1}, đã sửa"),
        value=reading.page.lines[number].text,
        key=_key(reading, number),
        label_visibility="collapsed",
        persist_state="session",
        live=True,  # or a click on a download right after the last letter would get the text without it
    )


def texts(reading: Reading) -> list[str]:
    """The lines as they now stand in their fields, or as read where those have not been shown."""
    return [
        normalise(st.session_state.get(_key(reading, number), line.text))
        for number, line in enumerate(reading.page.lines)
    ]


def was_shown(reading: Reading) -> bool:
    """Whether the person has seen the fields of a page."""
    return _key(reading, 0) in st.session_state


def corrected(reading: Reading) -> Page:
    """The page with what the person corrected; lines that were emptied are left out."""
    lines = [line.corrected(text) for line, text in zip(reading.page.lines, texts(reading), strict=True)]
    return Page(reading.page.width, reading.page.height, tuple(line for line in lines if line.words))


def _key(reading: Reading, number: int) -> str:
    return f"{reading.key}-{number}"
