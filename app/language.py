"""The page's two languages: English and Vietnamese."""

import re

import streamlit as st

_CHOICES = ("English", "Tiếng Việt")


def choose_language() -> None:
    """Let the person choose, in the sidebar; the choice stays for the session, and with the page's address."""
    asked = 1 if st.query_params.get("lang") == "vi" else 0
    chosen = st.sidebar.radio("Language · Ngôn ngữ", _CHOICES, index=asked, horizontal=True, key="language")
    st.query_params["lang"] = "vi" if chosen == _CHOICES[1] else "en"


def say(english: str, vietnamese: str) -> str:
    """Whichever of the two texts is in the chosen language."""
    return vietnamese if st.session_state.get("language") == _CHOICES[1] else english


def plain(text: object) -> str:
    """Text for a place that takes Markdown, shown there as it is: a file's name, for instance."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])", r"\\\1", str(text))
