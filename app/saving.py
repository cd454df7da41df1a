"""Saves corrected lines, cut out of their picture, as a data set for teaching; only when the person says so."""

from pathlib import Path

import numpy as np
import streamlit as st

from app.correcting import texts, was_shown
from app.language import plain, say
from app.picture_view import without_margins
from app.reading import Reading, pixels, recognizer
from netchu.core.errors import NetchuError
from netchu.teaching.corrections import DEFAULT_FOLDER, save_lines


def offer_saving(readings: list[Reading]) -> None:
    """Lines of all pages, as a data set for teaching."""
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
        chosen = [(reading, _chosen(reading, everything)) for reading in readings]
        count = sum(len(lines) for _, lines in chosen)
        label = say(f"Save {count} line{'s' * (count != 1)}", f"Lưu {count} dòng")
        if not count:
            label = say("Nothing corrected yet", "Chưa sửa dòng nào")
        if not st.button(label, type="primary", disabled=not count, key="save"):
            return
        try:
            with st.spinner(say("Saving …", "Đang lưu …")):
                cut = [line for reading, lines in chosen if lines for line in _cut_out(reading, lines)]
                new = save_lines(Path(folder).expanduser(), cut, writer)
        except (NetchuError, RuntimeError) as error:  # the latter where ~ is no one's home
            st.error(f"{say('Nothing was saved', 'Chưa lưu gì')}: {plain(error)}")
            return
        again = count - new
        st.success(
            say(f"Saved: {new} new", f"Đã lưu: {new} dòng mới")
            + (say(f", {again} replaced", f", thay {again} dòng") if again else "")
            + f" · {plain(folder)}"
        )


def _chosen(reading: Reading, everything: bool) -> dict[int, str]:
    """The text of each line to be saved, by its place on the page.

    What was left as it was is saved with `everything`, where the page has been shown: else nobody can have checked it.
    """
    unchanged = everything and was_shown(reading)
    return {
        number: text
        for number, (line, text) in enumerate(zip(reading.page.lines, texts(reading), strict=True))
        if text and (unchanged or text != line.text)
    }


def _cut_out(reading: Reading, lines: dict[int, str]) -> list[tuple[np.ndarray, str]]:
    pictures = recognizer(reading.options).line_pictures(pixels(reading.source), reading.page, reading.options.layout)
    return [(without_margins(pictures[number]), text) for number, text in lines.items()]
