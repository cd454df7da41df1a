"""The page "Errors"."""

import streamlit as st


def show() -> None:
    st.title("Errors")
