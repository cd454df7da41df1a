"""Saves corrected lines, cut out of their picture, as a data set for fine-tuning."""

from pathlib import Path

import numpy as np
import streamlit as st

from app.correcting import read_fields, was_shown
from app.language import escape_markdown, say
from app.picture_view import crop_to_writing
from app.reading import ReadPicture, load_pixels, load_recognizer
from netchu.core.charset import has_mapped_signs
from netchu.core.errors import NetchuError
from netchu.teaching.corrections import DEFAULT_FOLDER, check_text, save_lines


def offer_saving(pictures: list[ReadPicture]) -> None:
    """Show the form that saves lines of all pages."""
    with st.expander(say("Save corrections", "Lưu các dòng đã sửa"), icon=":material/save:", key="saving"):
        st.caption(
            say(
                "Saves the image and the text of each corrected line. On the page Teach you can fine-tune the model on "
                "these lines.",
                "Lưu ảnh và văn bản của từng dòng đã sửa. Ở trang Dạy, bạn có thể huấn luyện mô hình trên các dòng "
                "này.",
            )
        )
        folder = st.text_input(
            say("Folder", "Thư mục"), value=st.session_state.get("corrections_folder", str(DEFAULT_FOLDER))
        )
        st.session_state["corrections_folder"] = folder = folder.strip() or str(DEFAULT_FOLDER)
        writer = st.text_input(
            say("Writer's name (optional)", "Tên người viết (không bắt buộc)"),
            key="writer",
            persist_state="session",
        )
        unchanged_too = st.toggle(
            say("Also save unchanged lines: I have checked them", "Lưu cả các dòng không sửa: tôi đã kiểm tra"),
            key="unchanged_too",
        )
        chosen = [(picture, _choose_lines(picture, unchanged_too)) for picture in pictures]
        count = sum(len(texts) for _, texts in chosen)
        label = say(f"Save {count} line{'s' * (count != 1)}", f"Lưu {count} dòng")
        if not count:
            label = say("Nothing corrected yet", "Chưa sửa dòng nào")
        if not st.button(label, type="primary", disabled=not count, key="save"):
            return
        chosen, faults = _reject_faulty_texts(chosen)
        for fault in faults:
            st.error(f"{say('Not saved', 'Chưa lưu')}: {escape_markdown(fault)}")
        count -= len(faults)
        if not count:
            return
        try:
            with st.spinner(say("Saving …", "Đang lưu …")):
                lines = [line for picture, texts in chosen if texts for line in crop_lines(picture, texts)]
                new = save_lines(Path(folder).expanduser(), lines, writer)
        except (NetchuError, RuntimeError) as error:  # RuntimeError: ~ of an unknown user
            st.error(f"{say('Nothing was saved', 'Chưa lưu gì')}: {escape_markdown(error)}")
            return
        replaced = count - new
        mapped = sum(has_mapped_signs(text) for _, texts in chosen for text in texts.values())
        st.success(
            say(f"Saved: {new} new", f"Đã lưu: {new} dòng mới")
            + (say(f", {replaced} replaced", f", thay {replaced} dòng") if replaced else "")
            + (say(f", typographic signs replaced in {mapped}", f", đổi dấu in ấn ở {mapped} dòng") if mapped else "")
            + f" · {escape_markdown(folder)}"
        )


def _choose_lines(picture: ReadPicture, unchanged_too: bool) -> dict[int, str]:
    """Return the texts of the lines to save, by their index on the page.

    Unchanged lines are saved only if the page has been shown: otherwise nobody can have checked them.
    """
    unchanged_too = unchanged_too and was_shown(picture)
    return {
        number: text
        for number, (line, text) in enumerate(zip(picture.page.lines, read_fields(picture), strict=True))
        if text and (unchanged_too or text != line.text)
    }


def _reject_faulty_texts(
    chosen: list[tuple[ReadPicture, dict[int, str]]],
) -> tuple[list[tuple[ReadPicture, dict[int, str]]], list[str]]:
    """Return the lines of `chosen` that can be saved, and for each of the others which it is and why not."""
    valid, faults = [], []
    for picture, texts in chosen:
        kept = {}
        for number, text in texts.items():
            try:
                check_text(text)
                kept[number] = text
            except NetchuError as error:
                name = f"{picture.source}, " if len(chosen) > 1 else ""
                faults.append(name + say(f"line {number + 1}", f"dòng {number + 1}") + f": {error}")
        valid.append((picture, kept))
    return valid, faults


def crop_lines(picture: ReadPicture, texts: dict[int, str]) -> list[tuple[np.ndarray, str]]:
    """Return the pictures of lines of a page with their texts, which are given by number of the line, from 0."""
    recognizer = load_recognizer(picture.options)
    images = recognizer.crop_line_pictures(load_pixels(picture.source), picture.page, picture.options.layout)
    return [(crop_to_writing(images[number]), text) for number, text in texts.items()]
