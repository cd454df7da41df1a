"""The page "Read": pictures in, their text out, to be checked, corrected and saved."""

from pathlib import Path

import streamlit as st

from app.correcting import correct
from app.downloads import offer_text
from app.language import plain, say
from app.marked_text import STYLE, legend, marked_text
from app.preparation import offer_steps
from app.reading import Options, Reading, default_options, drawn, read, recognizer
from app.saving import offer_saving
from app.uploads import TYPES, UploadedPage, pages_of
from netchu.core.errors import NetchuError

_EXAMPLES = Path(__file__).parent / "examples"

_MOST_PAGES = 50
"""Pages read at a time: the command reads stacks of them."""

_PASTE = """
<script>
// What is pasted anywhere on the page goes to where files are dropped, which else takes it only with the focus.
if (!window.netchuPastes) {
  window.netchuPastes = true;
  document.addEventListener("paste", (event) => {
    const target = document.querySelector('[data-testid="stFileUploaderDropzone"]');
    const elsewhere = event.target.closest("input, textarea") || target?.contains(event.target);
    if (!target || elsewhere || !event.clipboardData?.files.length) return;
    const copy = new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: new DataTransfer()});
    for (const file of event.clipboardData.files) copy.clipboardData.items.add(file);
    target.dispatchEvent(copy);
  });
}
</script>
"""

_WIDE = 3
"""Width over height of a picture from which its text stands below it rather than beside it."""


def show() -> None:
    st.title(say("Read", "Đọc"))
    st.caption(
        say(
            "Vietnamese handwriting becomes text. Pictures stay on this computer; nothing is saved unless you ask.",
            "Chữ viết tay tiếng Việt thành văn bản. Ảnh ở lại trên máy này; chỉ lưu khi bạn yêu cầu.",
        )
    )
    sources = _given()
    try:
        options = _options()
        recognizer(options)
    except NetchuError as error:
        st.warning(f"{say('There is no model that can read', 'Chưa có mô hình để đọc')}: {plain(error)}")
        return
    readings = _read_all(sources, options)
    if not readings:
        return
    place = 0
    if len(readings) > 1:
        place = st.selectbox(
            say("Page", "Trang"),
            range(len(readings)),
            # Pasted pictures all have the same name.
            format_func=lambda number: f"{number + 1} · {readings[number].source}",
            key="page",
        )
    shown = readings[place]
    st.html(STYLE)
    _show_page(shown)
    if any(reading.page.lines for reading in readings):
        offer_text(readings)
        offer_saving(readings)
    if shown.page.lines:
        offer_steps(shown)


def _given() -> list[UploadedPage]:
    """The pages of all that the person has given."""
    files = st.file_uploader(
        say(
            "Pictures or PDFs of handwriting: drop them here, browse, or paste with Ctrl+V",
            "Ảnh hoặc PDF chữ viết tay: thả vào đây, chọn tệp, hoặc dán bằng Ctrl+V",
        ),
        type=TYPES,
        accept_multiple_files=True,
        key="files",
    )
    st.html(_PASTE, unsafe_allow_javascript=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        example = st.pills(
            say("No picture at hand? Try an example", "Chưa có ảnh? Thử ví dụ"),
            ["line", "page", "ruled"],
            format_func=lambda name: {
                "line": say("A line", "Một dòng"),
                "page": say("A tilted page", "Trang nghiêng"),
                "ruled": say("Ruled paper", "Giấy kẻ dòng"),
            }[name],
            key="example",
            persist_state="session",
        )
        camera = st.toggle(say("Use the camera", "Dùng máy ảnh"), key="camera")
    photograph = None
    if camera:
        photograph = st.camera_input(
            say("Photograph the page", "Chụp trang giấy"), resolution="1080p", key="photograph"
        )
    given = [(file.name, file.getvalue(), file.file_id) for file in [*files, *([photograph] if photograph else [])]]
    if example:
        given.append((f"{example}.jpg", (_EXAMPLES / f"{example}.jpg").read_bytes(), example))
    return [page for file in given for page in pages_of(*file)]


def _options() -> Options:
    """How the person wants to read; raises NetchuError where there is no model."""
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
                "Prefers words that are usual in Vietnamese addresses; without it, the text is what the network sees.",
                "Ưu tiên các từ thường gặp trong địa chỉ tiếng Việt; nếu tắt, văn bản là những gì mạng nhìn thấy.",
            ),
            key="language_model",
            persist_state="session",
        )
    return default_options(layout, "beam" if model else "greedy")


def _read_all(sources: list[UploadedPage], options: Options) -> list[Reading]:
    """What can be read; says what cannot."""
    if len(sources) > _MOST_PAGES:
        st.info(
            say(
                f"{len(sources)} pages were given, of which the first {_MOST_PAGES} are read; "
                "`python -m netchu read` reads as many as you like.",
                f"Có {len(sources)} trang, chỉ đọc {_MOST_PAGES} trang đầu; "
                "lệnh `python -m netchu read` đọc bao nhiêu trang cũng được.",
            )
        )
    sources = sources[:_MOST_PAGES]
    readings = []
    for number, source in enumerate(sources, 1):
        part = f" ({number}/{len(sources)})" if len(sources) > 1 else ""
        with st.spinner(f"{say('Reading', 'Đang đọc')} {plain(source)}{part} …"):
            reading = read(source, options)
        if isinstance(reading, NetchuError):
            st.error(f"**{plain(source)}** {say('cannot be read', 'không đọc được')}: {plain(reading)}")
        else:
            readings.append(reading)
    return readings


def _show_page(reading: Reading) -> None:
    """The picture and what was read there, to be corrected."""
    page = reading.page
    if page.width > _WIDE * page.height:
        left, right = st.container(), st.container()
    else:
        left, right = st.columns(2, gap="medium")
    left.image(
        drawn(reading), width="stretch", alt=say("The picture, its lines numbered", "Ảnh, các dòng được đánh số")
    )
    with right:
        if not page.lines:
            st.info(say("No writing was found in this picture.", "Không tìm thấy chữ viết trong ảnh này."))
            return
        st.html(legend())
        for number, line in enumerate(page.lines):
            with st.container(gap=None):
                st.html(marked_text(number + 1, line))
                correct(reading, number)
