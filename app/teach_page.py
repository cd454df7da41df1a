"""The page "Teach": corrected lines, and a model that is fine-tuned on them."""

from pathlib import Path

import streamlit as st

from app.correction_list import show_corrections
from app.fine_tuning_view import format_rates, show_fine_tuning
from app.language import escape_markdown, say
from app.page_actions import run_action, show_kept_error
from netchu.core.errors import NetchuError
from netchu.teaching import adoption
from netchu.teaching.corrections import DEFAULT_FOLDER, read_corrections


def show_teach_page() -> None:
    st.title(say("Teach", "Dạy"))
    st.write(
        say(
            "Fine-tune the model on lines that you corrected on the page Read, so that it reads your handwriting "
            "better. Your data never leaves this machine.",
            "Huấn luyện mô hình trên các dòng bạn đã sửa ở trang Đọc để mô hình đọc nét chữ của bạn tốt hơn. "
            "Dữ liệu không rời khỏi máy này.",
        )
    )
    show_kept_error()
    folder = _choose_folder()
    try:
        lines = read_corrections(folder)
    except NetchuError as error:
        st.error(escape_markdown(error))
        lines = None
    _show_model_in_use()
    show_fine_tuning(folder, lines)
    if lines is not None:
        show_corrections(folder, lines)


def _choose_folder() -> Path:
    # Not kept under a key of the widget: Streamlit deletes that when another page is shown.
    chosen = st.text_input(
        say("Folder of your lines", "Thư mục chứa các dòng của bạn"),
        value=st.session_state.get("corrections_folder", str(DEFAULT_FOLDER)),
        help=say(
            "A data set for the pipeline: PNG images beside the table lines.csv.",
            "Bộ dữ liệu cho quy trình huấn luyện: ảnh PNG cùng bảng lines.csv.",
        ),
    )
    st.session_state["corrections_folder"] = chosen = chosen.strip() or str(DEFAULT_FOLDER)
    try:
        return Path(chosen).expanduser()
    except RuntimeError:  # ~ of an unknown user
        return Path(chosen)


def _show_model_in_use() -> None:
    if not adoption.ADOPTED.exists():
        return
    with st.container(border=True):
        result = adoption.read_adopted_result()
        st.markdown(
            say("**Your own model is in use.**", "**Đang dùng mô hình của riêng bạn.**")
            + ("  \n" + format_rates(result) if result else "")
        )
        with st.popover(say("Go back to the shipped model", "Quay về mô hình gốc"), icon=":material/undo:"):
            st.write(
                say(
                    "Your own model will be deleted; its DVC experiment stays.",
                    "Mô hình của riêng bạn sẽ bị xóa; thí nghiệm DVC của nó vẫn còn.",
                )
            )
            if st.button(say("Delete my model", "Xóa mô hình của tôi"), icon=":material/delete:"):
                run_action(adoption.restore_shipped)
