"""The page "Read": reads pictures, and lets the user correct, download and save the text."""

from pathlib import Path

import streamlit as st

from app.correcting import show_field
from app.downloads import offer_text
from app.language import escape_markdown, say
from app.line_buttons import show_line_buttons
from app.marked_text import READING_STYLE, render_legend, render_line
from app.preparation import offer_steps
from app.reading import ReadingOptions, ReadPicture, load_overview, read_picture
from app.reading_options import choose_options
from app.saving import offer_saving
from app.uploads import FILE_TYPES, UploadedPage, split_into_pages
from netchu.core.errors import NetchuError

_EXAMPLES = Path(__file__).parent / "examples"

_MOST_PAGES = 50
"""Largest number of pages that are read at a time; the command `netchu read` has no such limit."""

_PASTE_SCRIPT = """
<script>
// Sends files that are pasted anywhere on the page to the drop zone, which otherwise takes them only with the focus.
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

_WIDE_ASPECT = 3
"""Width over height of a picture above which its text is shown below the picture, not beside it."""


def show_read_page() -> None:
    st.title(say("Read", "Đọc"))
    st.caption(
        say(
            "Turns Vietnamese handwriting into text. Pictures stay on this computer; nothing is saved unless you ask.",
            "Chuyển chữ viết tay tiếng Việt thành văn bản. Ảnh không rời khỏi máy này; chỉ lưu khi bạn yêu cầu.",
        )
    )
    sources = _choose_sources()
    options = choose_options()
    if options is None:
        return
    pictures = _read_all(sources, options)
    if not pictures:
        return
    number = 0
    if len(pictures) > 1:
        number = st.selectbox(
            say("Page", "Trang"),
            range(len(pictures)),
            # With the number, because all pasted pictures have the same name.
            format_func=lambda index: f"{index + 1} · {pictures[index].source}",
            key="page",
        )
    shown = pictures[number]
    st.html(READING_STYLE)
    _show_picture(shown)
    if any(picture.page.lines for picture in pictures):
        offer_text(pictures)
        offer_saving(pictures)
    if shown.page.lines:
        offer_steps(shown)


def _choose_sources() -> list[UploadedPage]:
    """Show the ways to choose pictures, and return the pages of all that are chosen."""
    files = st.file_uploader(
        say(
            "Pictures or PDFs of handwriting: drop them here, browse, or paste with Ctrl+V",
            "Ảnh hoặc PDF chữ viết tay: thả vào đây, chọn tệp, hoặc dán bằng Ctrl+V",
        ),
        type=FILE_TYPES,
        accept_multiple_files=True,
        key="files",
    )
    st.html(_PASTE_SCRIPT, unsafe_allow_javascript=True)
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
    chosen = [(file.name, file.getvalue(), file.file_id) for file in [*files, *([photograph] if photograph else [])]]
    if example:
        chosen.append((f"{example}.jpg", (_EXAMPLES / f"{example}.jpg").read_bytes(), example))
    return [page for file in chosen for page in split_into_pages(*file)]


def _read_all(sources: list[UploadedPage], options: ReadingOptions) -> list[ReadPicture]:
    """Return the pictures that can be read, and show an error for each of the others."""
    if len(sources) > _MOST_PAGES:
        st.info(
            say(
                f"Only the first {_MOST_PAGES} of {len(sources)} pages are read; "
                "the command `python -m netchu read` reads any number of pages.",
                f"Có {len(sources)} trang, chỉ đọc {_MOST_PAGES} trang đầu; "
                "lệnh `python -m netchu read` đọc bao nhiêu trang cũng được.",
            )
        )
    sources = sources[:_MOST_PAGES]
    pictures = []
    for number, source in enumerate(sources, 1):
        part = f" ({number}/{len(sources)})" if len(sources) > 1 else ""
        with st.spinner(f"{say('Reading', 'Đang đọc')} {escape_markdown(source)}{part} …"):
            picture = read_picture(source, options)
        if isinstance(picture, NetchuError):
            st.error(
                f"**{escape_markdown(source)}** {say('cannot be read', 'không đọc được')}: {escape_markdown(picture)}"
            )
            continue
        pictures.append(picture)
        for warning in picture.warnings:
            st.warning(f"**{escape_markdown(source)}**: {escape_markdown(warning)}")
    return pictures


def _show_picture(picture: ReadPicture) -> None:
    """Show the picture, and each line of its text with a field to correct it."""
    page = picture.page
    if page.width > _WIDE_ASPECT * page.height:
        left, right = st.container(), st.container()
    else:
        left, right = st.columns(2, gap="medium")
    with left.container(key="picture", gap=None):
        st.image(
            load_overview(picture),
            width="stretch",
            alt=say("The picture with numbered lines", "Ảnh, các dòng được đánh số"),
        )
        if page.lines:
            show_line_buttons(picture)
    with right:
        if not page.lines:
            st.info(say("No handwriting found in this picture.", "Không tìm thấy chữ viết trong ảnh này."))
            return
        st.html(render_legend())
        for number, line in enumerate(page.lines):
            with st.container(gap=None, key=f"line-{number + 1}"):
                st.html(render_line(number + 1, line))
                show_field(picture, number)
