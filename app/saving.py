"""Saves corrected lines, cut out of their picture, as a data set for teaching; only when the person says so."""

from pathlib import Path

import streamlit as st

from app.correcting import texts
from app.language import plain, say
from app.picture_view import without_margins
from app.reading import Reading, pixels, recognizer
from netchu.core.errors import NetchuError
from netchu.teaching.corrections import DEFAULT_FOLDER, save_lines


def offer_saving(reading: Reading) -> None:
    """Lines of the page shown, as a data set for teaching."""
    lines = reading.page.lines
    with st.expander(say("Save corrections", "Lưu phần đã sửa"), icon=":material/save:", key="saving"):
        st.caption(
            say(
                "Each line is cut out of the picture and kept with its text, so that the model can learn your hand on "
                "the page Teach.",
                "Mỗi dòng được cắt khỏi ảnh và lưu cùng văn bản, để mô hình học nét chữ của bạn ở trang Dạy.",
            )
        )
        folder = st.text_input(
            say("Folder", "Thư mục"), value=st.session_state.get("corrections_folder", str(DEFAULT_FOLDER))
        )
        st.session_state["corrections_folder"] = folder = folder.strip() or str(DEFAULT_FOLDER)
        writer = st.text_input(
            say("Whose hand it is (may stay empty)", "Chữ của ai (có thể để trống)"),
            key="writer",
            persist_state="session",
        )
        everything = st.toggle(
            say("Also the lines I left as they were: I have checked them", "Cả những dòng giữ nguyên: tôi đã kiểm tra"),
            key="everything",
        )
        chosen = [
            (number, text)
            for number, (line, text) in enumerate(zip(lines, texts(reading), strict=True))
            if text and (everything or text != line.text)
        ]
        label = say(f"Save {len(chosen)} line{'s' * (len(chosen) != 1)}", f"Lưu {len(chosen)} dòng")
        if not chosen:
            label = say("Nothing corrected yet", "Chưa sửa dòng nào")
        if not st.button(label, type="primary", disabled=not chosen, key="save"):
            return
        try:
            pictures = recognizer(reading.options).line_pictures(
                pixels(reading.source), reading.page, reading.options.layout
            )
            cut = [(without_margins(pictures[number]), text) for number, text in chosen]
            new = save_lines(Path(folder).expanduser(), cut, writer)
        except (NetchuError, RuntimeError) as error:  # the latter where ~ is no one's home
            st.error(f"{say('Nothing was saved', 'Chưa lưu gì')}: {plain(error)}")
            return
        again = len(chosen) - new
        st.success(
            say(f"Saved: {new} new", f"Đã lưu: {new} dòng mới")
            + (say(f", {again} replaced", f", thay {again} dòng") if again else "")
            + f" · {plain(folder)}"
        )
