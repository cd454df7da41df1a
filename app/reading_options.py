"""The options of reading that the user chooses, on the pages Read and Review."""

import streamlit as st

from app.language import say
from app.reading import ReadingOptions, make_options


def choose_options() -> ReadingOptions:
    """Show the options, and return those chosen; raise NetchuError where there is no model."""
    names = {
        "auto": say("Automatic", "Tự động"),
        "line": say("One line", "Một dòng"),
        "page": say("A page", "Cả trang"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layout = st.segmented_control(
            say("What a picture shows", "Ảnh chứa"),
            list(names),
            format_func=names.get,
            default="auto",
            required=True,
            key="layout",
            persist_state="session",
        )
        model = st.toggle(
            say("Language model", "Mô hình ngôn ngữ"),
            value=True,
            help=say(
                "Prefers words that are common in Vietnamese; without it, only the network reads.",
                "Ưu tiên các từ tiếng Việt thường gặp; nếu tắt, văn bản chỉ do mạng đọc ra.",
            ),
            key="language_model",
            persist_state="session",
        )
    words = ""
    if model:
        words = st.text_area(
            say("Your own words", "Từ của bạn"),
            height=80,
            placeholder=say(
                "Names, one a line, or a text on the same subject", "Tên, mỗi hàng một tên, hoặc văn bản cùng chủ đề"
            ),
            help=say(
                "The language model prefers these words, without any training.",
                "Mô hình ngôn ngữ ưu tiên các từ này mà không cần huấn luyện.",
            ),
            key="words",
            persist_state="session",
        )
    return make_options(layout, "beam" if model else "greedy", words)
