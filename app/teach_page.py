"""The page "Teach"."""

import streamlit as st


def show() -> None:
    st.title("Teach")
