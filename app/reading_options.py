"""The options of reading that the user chooses, on the pages Read and Review."""

import streamlit as st

from app.language import escape_markdown, say
from app.reading import ReadingOptions, load_recognizer, make_options
from netchu.core.errors import NetchuError


def choose_options() -> ReadingOptions | None:
    """Show the options, and return those chosen; where no model can be loaded, show a warning and return None."""
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
    try:
        options = make_options(layout, "beam" if model else "greedy", words)
        load_recognizer(options)
    except NetchuError as error:
        st.warning(f"{say('No model to read with', 'Chưa có mô hình để đọc')}: {escape_markdown(error)}")
        return None
    return options
