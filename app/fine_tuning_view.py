"""Shows the fine-tuning on the page "Teach": its start, progress, and result or failure."""

from pathlib import Path

import streamlit as st

from app.language import escape_markdown, say
from app.page_actions import run_action
from netchu.core.errors import NetchuError
from netchu.teaching import adoption, fine_tuning
from netchu.teaching.correction_table import Correction
from netchu.teaching.fine_tuning import FEWEST_LINES
from netchu.teaching.run_progress import Progress
from netchu.teaching.run_state import LOG, FineTuning, Result, read_current_run


def show_fine_tuning(folder: Path, lines: list[Correction] | None) -> None:
    """Show the current run, or the button that starts one on `lines` of `folder`; None if they cannot be read."""
    try:
        run = read_current_run()
    except NetchuError as error:
        st.error(escape_markdown(error))
        return
    if run is None and lines is None:
        return
    st.subheader(say("Fine-tune on your lines", "Huấn luyện trên các dòng của bạn"))
    if run is None:
        _offer_start(folder, lines or [])
    elif run.state == "running":
        _show_progress()
    elif run.state == "done":
        _show_result(run)
    else:
        _show_failure(run, folder, lines or [])


def format_rates(result: Result) -> str:
    """Return a sentence with the CER before and after."""
    return say(
        f"CER {result.before:.1f} % before, {result.after:.1f} % after, on {result.test_lines} test lines.",
        f"CER trước {result.before:.1f} %, sau {result.after:.1f} %, trên {result.test_lines} dòng kiểm tra.",
    )


def _offer_start(folder: Path, lines: list[Correction]) -> None:
    missing = FEWEST_LINES - len(lines)
    if missing > 0:
        st.progress(len(lines) / FEWEST_LINES)
        st.info(
            say(
                f"Fine-tuning needs {FEWEST_LINES} corrected lines: {missing} more to go.",
                f"Cần {FEWEST_LINES} dòng đã sửa để huấn luyện: còn thiếu {missing} dòng.",
            ),
            icon=":material/edit:",
        )
        return
    st.write(
        say(
            "The shipped model is trained on your lines for some minutes. A fifth of the lines is kept for testing: "
            "they show how well the new model reads before you decide to use it.",
            "Mô hình gốc được huấn luyện thêm trên các dòng của bạn trong vài phút. Một phần năm số dòng được giữ lại "
            "để kiểm tra: chúng cho biết mô hình mới đọc tốt đến đâu trước khi bạn quyết định dùng.",
        )
    )
    if st.button(
        say(f"Train on {len(lines)} lines", f"Huấn luyện trên {len(lines)} dòng"),
        type="primary",
        icon=":material/school:",
        key="start",
    ):
        run_action(fine_tuning.start, folder)


@st.fragment(run_every=1)
def _show_progress() -> None:
    try:
        run = read_current_run()
    except NetchuError as error:
        st.error(escape_markdown(error))
        return
    if run is None or run.state != "running":
        st.rerun()
    st.progress(_estimate_share(run.progress), text=_describe_progress(run.progress))
    st.caption(
        say(
            "You may leave this page: the training continues while this machine is on.",
            "Bạn có thể rời trang này: việc huấn luyện vẫn tiếp tục khi máy còn chạy.",
        )
    )
    if st.button(say("Stop", "Dừng"), icon=":material/stop:"):
        with st.spinner(say("Stopping …", "Đang dừng …")):
            run_action(fine_tuning.stop)


def _estimate_share(progress: Progress) -> float:
    """Return the finished share of a run, 0 to 1; on two cores the training takes nearly all of the time."""
    if progress.stage in ("decoder", "evaluate"):
        return 0.95
    if progress.stage == "train":
        return 0.05 + 0.9 * progress.epoch / max(progress.epochs, 1)
    return 0.02 if progress.stage else 0.0


def _describe_progress(progress: Progress) -> str:
    if progress.stage in ("decoder", "evaluate"):
        return say("Reading the test lines …", "Đang đọc các dòng kiểm tra …")
    if progress.stage != "train":
        return say("Preparing your lines …", "Đang chuẩn bị các dòng của bạn …")
    if not progress.epoch:
        return say("Starting the training …", "Bắt đầu huấn luyện …")
    text = say(
        f"Training: epoch {progress.epoch} of {progress.epochs}, validation CER {progress.cer:.1f} %",
        f"Đang huấn luyện: vòng {progress.epoch}/{progress.epochs}, CER kiểm định {progress.cer:.1f} %",
    )
    if progress.minutes_left is None:
        return text
    minutes = round(progress.minutes_left)
    if minutes < 1:
        return text + say(", less than a minute left", ", còn chưa đến một phút")
    return text + say(f", about {minutes} min left", f", còn khoảng {minutes} phút")


def _show_failure(run: FineTuning, folder: Path, lines: list[Correction]) -> None:
    st.error(say("Training failed: ", "Huấn luyện không thành công: ") + escape_markdown(run.failure))
    with st.expander(say("Log of the pipeline", "Nhật ký của quy trình")):
        st.code(_read_log(run), language=None)
    with st.container(horizontal=True):
        if len(lines) >= FEWEST_LINES and st.button(
            say("Train again", "Huấn luyện lại"), type="primary", icon=":material/refresh:"
        ):
            run_action(fine_tuning.start, folder)
        if st.button(say("Close", "Đóng"), icon=":material/close:"):
            run_action(fine_tuning.discard)


def _read_log(run: FineTuning) -> str:
    try:
        return (run.folder / LOG).read_text(encoding="utf-8", errors="replace")[-20_000:]
    except OSError:
        return ""


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
    st.write(_compare_models(result))
    st.caption(
        say(
            "CER: wrong characters per hundred, including case and punctuation. The new model was trained on "
            f"{result.training_lines} lines; it is saved as the DVC experiment {run.folder.name}.",
            "CER: số ký tự sai trên một trăm, tính cả chữ hoa và dấu câu. Mô hình mới được huấn luyện trên "
            f"{result.training_lines} dòng và được lưu thành thí nghiệm DVC {run.folder.name}.",
        )
    )
    with st.container(horizontal=True):
        if st.button(say("Use the new model", "Dùng mô hình mới"), type="primary", icon=":material/check:"):
            run_action(adoption.adopt, run)
        if st.button(say("Discard it", "Bỏ đi"), icon=":material/delete:"):
            run_action(fine_tuning.discard)


def _compare_models(result: Result) -> str:
    """Return a sentence that says whether the new model is better."""
    interval = f"{result.low:+.1f} … {result.high:+.1f}".replace("-", "−")
    if not result.distinguishable:
        return say(
            f"On the {result.test_lines} test lines, the difference may be chance (95 % interval {interval} points).",
            f"Trên {result.test_lines} dòng kiểm tra, khác biệt có thể là ngẫu nhiên (khoảng 95 %: {interval} điểm).",
        )
    if result.after < result.before:
        return say(
            f"The new model reads the {result.test_lines} test lines better (95 % interval {interval} points).",
            f"Mô hình mới đọc {result.test_lines} dòng kiểm tra tốt hơn (khoảng 95 %: {interval} điểm).",
        )
    return say(
        f"The new model reads the {result.test_lines} test lines worse (95 % interval {interval} points).",
        f"Mô hình mới đọc {result.test_lines} dòng kiểm tra kém hơn (khoảng 95 %: {interval} điểm).",
    )
