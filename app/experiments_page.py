"""The page "Experiments"."""

import streamlit as st


def show() -> None:
    st.title("Experiments")
