"""Runs actions of buttons, and shows their errors at the top of the page."""

from collections.abc import Callable

import streamlit as st

from app.language import escape_markdown
from netchu.core.errors import NetchuError

_ERROR_KEY = "action_error"
_NOTICE_KEY = "action_notice"


def run_action(action: Callable, *arguments) -> None:
    """Call `action` as `keep_error` does, then draw the page again."""
    keep_error(action, *arguments)
    st.rerun()


def keep_error(action: Callable, *arguments) -> None:
    """Call `action`; keep its NetchuError for `show_kept_error`."""
    try:
        action(*arguments)
    except NetchuError as error:
        st.session_state[_ERROR_KEY] = str(error)


def keep_notice(text: str) -> None:
    """Keep a notice on the last action for `show_kept_error`."""
    st.session_state[_NOTICE_KEY] = text


def show_kept_error() -> None:
    """Show the error of the last action, or the notice on it, once."""
    notice = st.session_state.pop(_NOTICE_KEY, None)
    if error := st.session_state.pop(_ERROR_KEY, None):
        st.error(escape_markdown(error))
    elif notice:
        st.info(escape_markdown(notice))
