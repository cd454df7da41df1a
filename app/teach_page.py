"""The page "Teach": the corrected lines, and a model that learns from them, to be adopted or dropped."""

import tempfile
from pathlib import Path

import streamlit as st

from app.language import plain, say
from netchu.core.errors import NetchuError
from netchu.pictures.images import decode_image
from netchu.teaching import adoption, fine_tuning
from netchu.teaching.correction_archive import export_zip, import_archive
from netchu.teaching.correction_table import Correction
from netchu.teaching.corrections import DEFAULT_FOLDER, change_text, read_corrections, remove_line
from netchu.teaching.fine_tuning import FEWEST_LINES
from netchu.teaching.run_progress import Progress
from netchu.teaching.run_state import LOG, FineTuning, Result, read_current_run

_LINES_A_PAGE = 8


def show() -> None:
    st.title(say("Teach", "Dạy"))
    st.write(
        say(
            "Lines that you have corrected on the page Read teach the model your hand. Nothing leaves this machine.",
            "Những dòng bạn đã sửa ở trang Đọc dạy cho mô hình nét chữ của bạn. Không có gì rời khỏi máy này.",
        )
    )
    _show_problem()
    folder = _choose_folder()
    try:
        lines = read_corrections(folder)
    except NetchuError as error:
        st.error(plain(error))
        lines = None
    _show_model_in_use()
    _show_teaching(folder, lines)
    if lines is not None:
        _show_lines(folder, lines)


def _choose_folder() -> Path:
    # A plain entry beside the widget's own, which Streamlit forgets when another page is shown.
    chosen = st.text_input(
        say("Folder of your lines", "Thư mục chứa các dòng của bạn"),
        value=st.session_state.get("corrections_folder", str(DEFAULT_FOLDER)),
        help=say(
            "A data set that the pipeline reads: PNG images beside the table lines.csv.",
            "Bộ dữ liệu mà quy trình đọc được: ảnh PNG bên cạnh bảng lines.csv.",
        ),
    )
    st.session_state["corrections_folder"] = chosen = chosen.strip() or str(DEFAULT_FOLDER)
    try:
        return Path(chosen).expanduser()
    except RuntimeError:  # ~nobody
        return Path(chosen)


def _show_model_in_use() -> None:
    if not adoption.ADOPTED.exists():
        return
    with st.container(border=True):
        result = adoption.read_adopted_result()
        st.markdown(
            say("**Your own model reads now.**", "**Mô hình của riêng bạn đang được dùng.**")
            + ("  \n" + _rates(result) if result else "")
        )
        with st.popover(say("Go back to the model that ships", "Quay về mô hình gốc"), icon=":material/undo:"):
            st.write(
                say(
                    "Your own model is deleted; its DVC experiment stays.",
                    "Mô hình của riêng bạn sẽ bị xóa; thí nghiệm DVC của nó vẫn còn.",
                )
            )
            if st.button(say("Delete my model", "Xóa mô hình của tôi"), icon=":material/delete:"):
                _try(adoption.restore_shipped)


def _show_teaching(folder: Path, lines: list[Correction] | None) -> None:
    try:
        run = read_current_run()
    except NetchuError as error:
        st.error(plain(error))
        return
    if run:
        _show_run(run, folder, lines or [])
    elif lines is not None:
        _offer_teaching(folder, lines)


def _offer_teaching(folder: Path, lines: list[Correction]) -> None:
    st.subheader(say("Teach your hand", "Dạy nét chữ của bạn"))
    missing = FEWEST_LINES - len(lines)
    if missing > 0:
        st.progress(len(lines) / FEWEST_LINES)
        st.info(
            say(
                f"{missing} more {'line' if missing == 1 else 'lines'} to go: teaching needs {FEWEST_LINES} "
                "corrected lines.",
                f"Còn thiếu {missing} dòng: cần {FEWEST_LINES} dòng đã sửa để dạy.",
            ),
            icon=":material/edit:",
        )
        return
    st.write(
        say(
            "The model that ships goes on learning from your lines for some minutes. A fifth of them is held back: on "
            "those you see how well the new model reads before you decide.",
            "Mô hình gốc học tiếp từ các dòng của bạn trong vài phút. Một phần năm số dòng được giữ lại: trên đó bạn "
            "thấy mô hình mới đọc tốt đến đâu trước khi quyết định.",
        )
    )
    if st.button(
        say(f"Teach {len(lines)} lines", f"Dạy {len(lines)} dòng"),
        type="primary",
        icon=":material/school:",
        key="start",
    ):
        _try(fine_tuning.start, folder)


def _show_run(run: FineTuning, folder: Path, lines: list[Correction]) -> None:
    st.subheader(say("Teach your hand", "Dạy nét chữ của bạn"))
    if run.state == "running":
        _show_progress()
    elif run.state == "done":
        _show_result(run)
    else:
        st.error(say("Teaching failed: ", "Dạy không thành công: ") + plain(run.failure))
        with st.expander(say("What the pipeline said", "Nhật ký của quy trình")):
            st.code(_log(run), language=None)
        with st.container(horizontal=True):
            if len(lines) >= FEWEST_LINES and st.button(
                say("Teach again", "Dạy lại"), type="primary", icon=":material/refresh:"
            ):
                _try(fine_tuning.start, folder)
            if st.button(say("Close", "Đóng"), icon=":material/close:"):
                _try(fine_tuning.discard)


@st.fragment(run_every=1)
def _show_progress() -> None:
    try:
        run = read_current_run()
    except NetchuError as error:
        st.error(plain(error))
        return
    if run is None or run.state != "running":
        st.rerun()
    st.progress(_share(run.progress), text=_describe(run.progress))
    st.caption(
        say(
            "You may leave this page; teaching goes on as long as this machine is awake.",
            "Bạn có thể rời trang này; việc dạy vẫn tiếp tục khi máy còn chạy.",
        )
    )
    if st.button(say("Stop", "Dừng"), icon=":material/stop:"):
        with st.spinner(say("Stopping …", "Đang dừng …")):
            _try(fine_tuning.stop)


def _share(progress: Progress) -> float:
    """How much of a run is done, 0 to 1; on two cores training takes nearly all of its time."""
    if progress.stage in ("decoder", "evaluate"):
        return 0.95
    if progress.stage == "train":
        return 0.05 + 0.9 * progress.epoch / max(progress.epochs, 1)
    return 0.02 if progress.stage else 0.0


def _describe(progress: Progress) -> str:
    if progress.stage in ("decoder", "evaluate"):
        return say("Reading the lines held back …", "Đang đọc những dòng được giữ lại …")
    if progress.stage != "train":
        return say("Preparing your lines …", "Đang chuẩn bị các dòng của bạn …")
    if not progress.epoch:
        return say("Starting to learn …", "Bắt đầu học …")
    text = say(
        f"Learning: pass {progress.epoch} of {progress.epochs}, validation CER {progress.cer:.1f} %",
        f"Đang học: lượt {progress.epoch} trên {progress.epochs}, CER kiểm định {progress.cer:.1f} %",
    )
    if progress.minutes_left is None:
        return text
    minutes = round(progress.minutes_left)
    if minutes < 1:
        return text + say(", less than a minute left", ", còn chưa đến một phút")
    return text + say(f", about {minutes} min left", f", còn khoảng {minutes} phút")


def _show_result(run: FineTuning) -> None:
    result = run.result
    rates = st.container(horizontal=True)
    rates.metric(say("CER before", "CER trước"), f"{result.before:.1f} %", border=True, height="stretch")
    rates.metric(
        say("CER after", "CER sau"),
        f"{result.after:.1f} %",
        f"{result.after - result.before:+.1f} " + say("points", "điểm"),
        delta_color="inverse",
        border=True,
        height="stretch",
    )
    interval = f"{result.low:+.1f} … {result.high:+.1f}".replace("-", "−")
    if not result.distinguishable:
        verdict = say(
            f"On {result.test_lines} lines held back, the difference may be chance (95 % interval {interval} points).",
            f"Trên {result.test_lines} dòng giữ lại, khác biệt có thể là ngẫu nhiên (khoảng 95 %: {interval} điểm).",
        )
    elif result.after < result.before:
        verdict = say(
            f"The new model reads the {result.test_lines} lines held back better (95 % interval {interval} points).",
            f"Mô hình mới đọc {result.test_lines} dòng được giữ lại tốt hơn (khoảng 95 %: {interval} điểm).",
        )
    else:
        verdict = say(
            f"The new model reads the {result.test_lines} lines held back worse (95 % interval {interval} points).",
            f"Mô hình mới đọc {result.test_lines} dòng được giữ lại kém hơn (khoảng 95 %: {interval} điểm).",
        )
    st.write(verdict)
    st.caption(
        say(
            f"CER: wrong characters in a hundred, case and punctuation counted. Learned from {result.training_lines} "
            f"lines; kept as the DVC experiment {run.folder.name}.",
            f"CER: số ký tự sai trên một trăm, tính cả chữ hoa và dấu câu. Học từ {result.training_lines} dòng; "
            f"lưu thành thí nghiệm DVC {run.folder.name}.",
        )
    )
    with st.container(horizontal=True):
        if st.button(say("Adopt the new model", "Dùng mô hình mới"), type="primary", icon=":material/check:"):
            _try(adoption.adopt, run)
        if st.button(say("Drop it", "Bỏ đi"), icon=":material/delete:"):
            _try(fine_tuning.discard)


def _rates(result: Result) -> str:
    return say(
        f"CER {result.before:.1f} % before, {result.after:.1f} % after, on {result.test_lines} lines held back.",
        f"CER trước {result.before:.1f} %, sau {result.after:.1f} %, trên {result.test_lines} dòng được giữ lại.",
    )


def _log(run: FineTuning) -> str:
    try:
        return (run.folder / LOG).read_text(encoding="utf-8", errors="replace")[-20_000:]
    except OSError:
        return ""


def _show_lines(folder: Path, lines: list[Correction]) -> None:
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
        st.write(say("None yet: read something, correct it, save it.", "Chưa có: hãy đọc, sửa rồi lưu."))
        return
    pages = -(-len(lines) // _LINES_A_PAGE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key="lines_page")
    # The newest first: what one has just saved.
    newest = lines[::-1]
    for line in newest[(page - 1) * _LINES_A_PAGE : page * _LINES_A_PAGE]:
        _show_line(folder, line)


def _show_line(folder: Path, line: Correction) -> None:
    with st.container(border=True):
        try:
            st.image(decode_image((folder / line.file).read_bytes()), alt=line.text)
        except (NetchuError, OSError):
            st.warning(say(f"{line.file}: not an image any more", f"{line.file}: không còn là ảnh"))
        row = st.container(horizontal=True, vertical_alignment="bottom")
        key = f"text-{line.file}"
        st.session_state[key] = line.text  # as it is saved, whatever was typed or imported
        row.text_input(
            say("Text", "Chữ"),
            key=key,
            label_visibility="collapsed",
            on_change=_change,
            args=(folder, line.file, key),
        )
        remove = say("Remove this line", "Xóa dòng này")
        with row.popover("", icon=":material/delete:", key=f"removing-{line.file}", help=remove):
            st.write(
                say(
                    "Its picture is deleted; its text is kept in the hidden table .earlier.csv.",
                    "Ảnh của dòng sẽ bị xóa; chữ vẫn được giữ trong bảng ẩn .earlier.csv.",
                )
            )
            if st.button(remove, key=f"remove-{line.file}", icon=":material/delete:"):
                _try(remove_line, folder, line.file)


def _change(folder: Path, file: str, key: str) -> None:
    try:
        change_text(folder, file, st.session_state[key])
    except NetchuError as error:
        st.session_state["teach_problem"] = str(error)


def _offer_import(folder: Path) -> None:
    uploaded = st.file_uploader(
        say(
            "Lines that were exported here, or elsewhere; those that you have stay as they are",
            "Các dòng đã xuất ở đây hoặc nơi khác; những dòng bạn đã có được giữ nguyên",
        ),
        type="zip",
    )
    if uploaded and st.button(say("Add them", "Thêm vào")):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / Path(uploaded.name).name
            path.write_bytes(uploaded.getvalue())
            _try(import_archive, folder, path)


def _try(action, *arguments) -> None:
    """Do it and draw the page anew; what goes wrong stands at its top."""
    try:
        action(*arguments)
    except NetchuError as error:
        st.session_state["teach_problem"] = str(error)
    st.rerun()


def _show_problem() -> None:
    if problem := st.session_state.pop("teach_problem", None):
        st.error(plain(problem))
