"""Lists the corrected lines on the page "Teach", to change, remove, export and import them."""

import tempfile
from pathlib import Path

import streamlit as st

from app.language import say
from app.page_actions import keep_error, keep_notice, run_action
from netchu.core.charset import has_mapped_signs
from netchu.core.errors import NetchuError
from netchu.pictures.images import decode_image
from netchu.teaching.correction_archive import export_zip, import_archive
from netchu.teaching.correction_table import Correction
from netchu.teaching.corrections import change_text, remove_line

_CORRECTIONS_PER_PAGE = 8


def show_corrections(folder: Path, lines: list[Correction]) -> None:
    """Show `lines` of the data set in `folder`, the newest first."""
    st.subheader(say(f"Your lines: {len(lines)}", f"Các dòng của bạn: {len(lines)}"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if lines:
            st.download_button(
                say("Export as zip", "Xuất tệp zip"),
                lambda: export_zip(folder),
                file_name="netchu-lines.zip",
                mime="application/zip",
                icon=":material/download:",
            )
        with st.popover(say("Import a zip", "Nhập tệp zip"), icon=":material/upload:"):
            _offer_import(folder)
    if not lines:
        st.write(
            say(
                "None yet: correct lines on the page Read and save them.",
                "Chưa có dòng nào: hãy sửa các dòng ở trang Đọc rồi lưu.",
            )
        )
        return
    pages = -(-len(lines) // _CORRECTIONS_PER_PAGE)
    page = st.pagination(pages, key="lines_page") if pages > 1 else 1
    newest_first = lines[::-1]
    for line in newest_first[(page - 1) * _CORRECTIONS_PER_PAGE : page * _CORRECTIONS_PER_PAGE]:
        _show_correction(folder, line)


def _show_correction(folder: Path, line: Correction) -> None:
    with st.container(border=True):
        try:
            st.image(decode_image((folder / line.file).read_bytes()), alt=line.text)
        except (NetchuError, OSError):
            st.warning(say(f"{line.file}: damaged image", f"{line.file}: ảnh bị hỏng"))
        row = st.container(horizontal=True, vertical_alignment="bottom")
        key = f"text-{line.file}"
        if st.session_state.get(key) != line.text:  # set only then: setting a field erases what is being typed in it
            st.session_state[key] = line.text
        row.text_input(
            say("Text", "Văn bản"),
            key=key,
            label_visibility="collapsed",
            on_change=_change_text,
            args=(folder, line.file, key),
        )
        remove = say("Remove this line", "Xóa dòng này")
        with row.popover("", icon=":material/delete:", key=f"removing-{line.file}", help=remove):
            st.write(
                say(
                    "Its picture will be deleted; its text is kept in the hidden table .earlier.csv.",
                    "Ảnh của dòng sẽ bị xóa; văn bản vẫn được giữ trong bảng ẩn .earlier.csv.",
                )
            )
            if st.button(remove, key=f"remove-{line.file}", icon=":material/delete:"):
                run_action(remove_line, folder, line.file)


def _change_text(folder: Path, file: str, key: str) -> None:
    text = st.session_state[key]
    keep_error(change_text, folder, file, text)
    if has_mapped_signs(text):
        keep_notice(_describe_mapped(1))


def _import(folder: Path, archive: Path) -> None:
    mapped: list[str] = []
    import_archive(folder, archive, mapped)
    if mapped:
        keep_notice(_describe_mapped(len(mapped)))


def _describe_mapped(lines: int) -> str:
    return say(f"Typographic signs replaced in {lines} line{'s' * (lines != 1)}.", f"Đã đổi dấu in ấn ở {lines} dòng.")


def _offer_import(folder: Path) -> None:
    uploaded = st.file_uploader(
        say(
            "Lines that were exported here, or another data set for the pipeline; your own lines stay unchanged",
            "Các dòng đã xuất ở đây, hoặc một bộ dữ liệu khác cho quy trình; các dòng của bạn được giữ nguyên",
        ),
        type="zip",
    )
    if uploaded and st.button(say("Add them", "Thêm vào")):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / Path(uploaded.name).name
            path.write_bytes(uploaded.getvalue())
            run_action(_import, folder, path)
