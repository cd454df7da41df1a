"""The two languages of the pages: English and Vietnamese."""

import re

import streamlit as st

_CHOICES = ("English", "Tiếng Việt")


def choose_language() -> None:
    """Show the choice of a language in the sidebar; keep it for the session and in the page's address."""
    requested = 1 if st.query_params.get("lang") == "vi" else 0
    chosen = st.sidebar.radio("Language · Ngôn ngữ", _CHOICES, index=requested, horizontal=True, key="language")
    st.query_params["lang"] = "vi" if chosen == _CHOICES[1] else "en"


def say(english: str, vietnamese: str) -> str:
    """Return the text in the chosen language.

    >>> say("Read", "Đọc")
    'Read'
    """
    return vietnamese if st.session_state.get("language") == _CHOICES[1] else english


def escape_markdown(text: object) -> str:
    """Return `text`, such as the name of a file, such that Markdown shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])", r"\\\1", str(text))
