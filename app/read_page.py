"""The page "Read"."""

import streamlit as st


def show() -> None:
    st.title("Read")
