"""The page "Review": shows the words of a folder of pictures, the least certain first, to accept or to correct."""

import json
import os
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from app.downloads import offer_text
from app.language import escape_markdown, say
from app.page_actions import keep_error, show_kept_error
from app.picture_view import encode_jpeg
from app.reading import ReadingOptions, ReadPicture, load_pixels, read_picture
from app.reading_options import choose_options
from app.saving import crop_lines
from app.uploads import list_folder
from app.word_view import cut_word
from netchu.commands.review import FOLDER_VARIABLE
from netchu.core.charset import normalise
from netchu.core.errors import NetchuError
from netchu.reviewing.answers import ANSWERS, Answer, append_answer, match_answers, read_answers
from netchu.reviewing.estimate import estimate_outlook
from netchu.reviewing.words import (
    ReadWord,
    WordPosition,
    apply_answers,
    find_reviewed_lines,
    list_words,
    sort_by_doubt,
    suggest_texts,
)
from netchu.teaching.corrections import DEFAULT_FOLDER, check_text, save_lines

_FOCUS_SCRIPT = """
<script>
// Moves the focus to the field of the word and selects its text, which appears later than this script. Streamlit may
// replace the field once more, which loses the focus: then again, until the next word.
window.netchuField = "FIELD";
(() => {
  let done = false;
  const focus = () => {
    if (window.netchuField !== "FIELD") return;
    const field = document.querySelector(".st-key-FIELD input");
    if (field?.value === TEXT && (!done || document.activeElement === document.body)) {
      field.focus();
      field.select();
      done = true;
    }
    setTimeout(focus, 50);
  };
  focus();
})();
</script>
"""

_LAST_ANSWERS = 5
"""Number of the last answers that are shown."""


_Answers = dict[tuple[str, int], dict[tuple[int, int], str]]
"""Answered texts by digest of the file and number of the page, then by number of the line and of the word."""


class _Batch(NamedTuple):
    """The pictures of a folder, and their words."""

    folder: Path
    options: ReadingOptions
    pictures: list[ReadPicture]
    words: list[ReadWord]  # the least certain first
    errors: list[str]  # in Markdown, of files that cannot be read


def has_requested_folder() -> bool:
    """Return whether the page was started by `netchu review`."""
    return FOLDER_VARIABLE in os.environ


def show_review_page() -> None:
    st.title(say("Review", "Rà soát"))
    st.caption(
        say(
            "Shows the words of a folder of pictures, the least certain first. Each answer is saved in the folder at "
            "once: you can stop at any time and continue later.",
            "Hiện các từ trong một thư mục ảnh, từ kém chắc chắn nhất trước. Mỗi câu trả lời được lưu ngay trong thư "
            "mục: bạn có thể dừng bất cứ lúc nào rồi làm tiếp.",
        )
    )
    show_kept_error()
    folder = _choose_folder()
    options = choose_options()
    if folder is None or options is None:
        return
    batch = _load_batch(folder, options)
    for message in batch.errors:
        st.error(message)
    answers, unreadable = read_answers(folder)
    if unreadable:
        rows = ", ".join(map(str, unreadable))
        st.warning(
            say(
                f"`{ANSWERS}`: these rows are no answers and have no effect; correct or remove them: {rows}",
                f"`{ANSWERS}`: các hàng sau không phải là câu trả lời nên bị bỏ qua; hãy sửa hoặc xóa chúng: {rows}",
            )
        )
    texts = match_answers(batch.words, answers)
    _show_review(batch, answers, texts)
    if not batch.words:
        return
    by_page: _Answers = {}
    for (digest, page, line, word), text in texts.items():
        by_page.setdefault((digest, page), {})[line, word] = text
    _offer_text(batch, by_page)
    _offer_saving(batch, by_page)


def _choose_folder() -> Path | None:
    # Not kept under a key of the widget: Streamlit deletes that when another page is shown.
    chosen = st.text_input(
        say("Folder of pictures", "Thư mục ảnh"),
        value=st.session_state.get("review_folder", os.environ.get(FOLDER_VARIABLE, "")),
        help=say("On this computer, with its subfolders", "Trên máy này, kể cả các thư mục con"),
    )
    st.session_state["review_folder"] = chosen = chosen.strip()
    try:
        return Path(chosen).expanduser() if chosen else None
    except RuntimeError:  # ~ of an unknown user
        return Path(chosen)


def _load_batch(folder: Path, options: ReadingOptions) -> _Batch:
    """Return the pictures of a folder, read once for the session."""
    batch = st.session_state.get("review_batch")
    if batch and (batch.folder, batch.options) == (folder, options):
        return batch
    sources = list_folder(folder)
    pictures, errors = [], []
    bar = st.progress(0.0)
    for number, source in enumerate(sources, 1):
        bar.progress(number / len(sources), f"{say('Reading', 'Đang đọc')} {escape_markdown(source)}")
        picture = read_picture(source, options)
        if isinstance(picture, NetchuError):
            problem = say("cannot be read", "không đọc được")
            errors.append(f"**{escape_markdown(source)}** {problem}: {escape_markdown(picture)}")
        else:
            pictures.append(picture)
    bar.empty()
    words = list_words((picture.source.digest, picture.source.number, picture.page) for picture in pictures)
    batch = _Batch(folder, options, pictures, sort_by_doubt(words), errors)
    st.session_state["review_batch"] = batch
    return batch


def _show_review(batch: _Batch, answers: list[Answer], texts: dict[WordPosition, str]) -> None:
    """Show the outlook, the next word and the last answers."""
    if not batch.words:
        st.info(say("No handwriting found in these pictures.", "Không tìm thấy chữ viết trong các ảnh này."))
        return
    unanswered = [word for word in batch.words if word.position not in texts]
    st.markdown(_describe_outlook(batch.words, unanswered, texts))
    st.progress(1 - len(unanswered) / len(batch.words))
    if unanswered:
        _show_word(batch, unanswered[0])
    last = [answer for answer in answers if answer.position in texts][-_LAST_ANSWERS:]
    if last:
        _show_last_answers(batch.folder, last)


def _describe_outlook(words: list[ReadWord], unanswered: list[ReadWord], texts: dict[WordPosition, str]) -> str:
    answered = [(word.confidence, texts[word.position] != word.text) for word in words if word.position in texts]
    outlook = estimate_outlook(answered, [word.confidence for word in unanswered])
    done = say(f"{len(answered)} of {len(words)} words answered.", f"Đã trả lời {len(answered)} trên {len(words)} từ.")
    if not unanswered:
        return done
    wrong = say(
        f"About **{_percent(outlook.share)}** of the words are wrong still (about {outlook.wrong:.0f}); ",
        f"Còn khoảng **{_percent(outlook.share)}** số từ bị sai (chừng {outlook.wrong:.0f} từ); ",
    )
    target = _percent(outlook.target)
    more = say(f"{outlook.answers} more to reach {target}.", f"thêm {outlook.answers} từ nữa để đạt {target}.")
    return f"{wrong}{more} {done}"


def _percent(share: float) -> str:
    """Return a share in percent, with two significant digits.

    >>> _percent(0.0061), _percent(0.1), _percent(0.0003)
    ('0.61 %', '10 %', '0.03 %')
    """
    number = f"{100 * share:.2g}"
    return f"{say(number, number.replace('.', ','))} %"


def _show_word(batch: _Batch, word: ReadWord) -> None:
    """Show a word with the ways to answer it."""
    digest, page, line_number, word_number = word.position
    picture = next(picture for picture in batch.pictures if _identify(picture) == (digest, page))
    line = picture.page.lines[line_number]
    word_image, line_image = _cut_out(picture.key, line_number, word_number, picture)
    st.image(line_image, alt=say("The line, with the word framed", "Dòng chữ, từ được đóng khung"))
    st.caption(
        f"{escape_markdown(picture.source)} · {say('line', 'dòng')} {line_number + 1} · "
        + say(f"confidence {_percent(word.confidence)}", f"độ tin cậy {_percent(word.confidence)}")
    )
    st.image(word_image, alt=say("The word", "Từ này"))
    field = f"answer-{digest}-{page}-{line_number}-{word_number}"
    with st.form(field + "-form", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        row.text_input(
            say(
                "Read as (correct it if it is wrong; empty it if there is no word)",
                "Đọc là (sửa nếu sai; xóa trống nếu không có từ nào)",
            ),
            value=word.text,
            key=field,
        )
        row.form_submit_button(
            say("Accept (Enter)", "Chấp nhận (Enter)"),
            type="primary",
            icon=":material/check:",
            on_click=_save_field,
            args=(batch.folder, word, field),
        )
    alternatives = suggest_texts(line, word_number)
    if alternatives:
        with st.container(horizontal=True, vertical_alignment="center"):
            for number, text in enumerate(alternatives, 1):
                st.button(
                    escape_markdown(text),
                    key=f"{field}-{number}",
                    shortcut=f"Alt+{number}",
                    on_click=_save_answer,
                    args=(batch.folder, Answer(word.position, word.text, text)),
                )
    text = json.dumps(word.text).replace("<", r"\u003c")  # so that no text ends the script
    st.html(_FOCUS_SCRIPT.replace("FIELD", field).replace("TEXT", text), unsafe_allow_javascript=True)


def _show_last_answers(folder: Path, last: list[Answer]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            say("Take the last answer back", "Bỏ câu trả lời cuối"),
            icon=":material/undo:",
            shortcut="Alt+Z",
            key="take-back",
            on_click=_save_answer,
            args=(folder, last[-1]._replace(text=None)),
        )
        st.caption(" · ".join(_describe_answer(answer) for answer in reversed(last)))


def _describe_answer(answer: Answer) -> str:
    if answer.text == answer.read:
        return escape_markdown(answer.text)
    return f"{escape_markdown(answer.read)} → {escape_markdown(answer.text or say('(no word)', '(không có từ)'))}"


def _identify(picture: ReadPicture) -> tuple[str, int]:
    return picture.source.digest, picture.source.number


def _save_field(folder: Path, word: ReadWord, field: str) -> None:
    _save_answer(folder, Answer(word.position, word.text, normalise(st.session_state[field])))


def _save_answer(folder: Path, answer: Answer) -> None:
    keep_error(append_answer, folder, answer)


def _offer_text(batch: _Batch, answers: _Answers) -> None:
    """Show the reviewed text and its downloads, when the user opens them."""
    label = say("Text of all pages", "Văn bản của mọi trang")
    text = st.expander(label, icon=":material/notes:", key="review-text", on_change="rerun")
    if not text.open:
        return
    with text:
        offer_text(
            [
                # With another digest: corrections on the page Read, of the same file, are not part of the review.
                picture._replace(
                    source=picture.source._replace(digest=f"reviewed-{picture.source.digest}"),
                    page=apply_answers(picture.page, answers.get(_identify(picture), {})),
                )
                for picture in batch.pictures
            ]
        )


def _offer_saving(batch: _Batch, answers: _Answers) -> None:
    """Show the button that saves the reviewed lines for the page Teach."""
    chosen, faults = [], []
    for picture in batch.pictures:
        lines = {}
        for number, text in find_reviewed_lines(picture.page, answers.get(_identify(picture), {})).items():
            try:
                lines[number] = check_text(text)
            except NetchuError as error:
                faults.append(f"{picture.source}, {say('line', 'dòng')} {number + 1}: {error}")
        if lines:
            chosen.append((picture, lines))
    count = sum(len(lines) for _, lines in chosen)
    folder = st.session_state.get("corrections_folder", str(DEFAULT_FOLDER))
    clicked = st.button(
        say(f"Save {count} reviewed line{'s' * (count != 1)} for Teach", f"Lưu {count} dòng đã rà soát cho trang Dạy"),
        icon=":material/save:",
        disabled=not count,
        key="save-reviewed",
        help=say(
            "Lines whose doubtful words are all answered. The page Teach fine-tunes the model on them.",
            "Các dòng mà mọi từ còn nghi ngờ đã được trả lời. Trang Dạy huấn luyện mô hình trên các dòng này.",
        ),
    )
    if not clicked:
        return
    for fault in faults:
        st.error(f"{say('Not saved', 'Chưa lưu')}: {escape_markdown(fault)}")
    try:
        with st.spinner(say("Saving …", "Đang lưu …")):
            images = [line for picture, lines in chosen for line in crop_lines(picture, lines)]
            new = save_lines(Path(folder).expanduser(), images)
    except (NetchuError, RuntimeError) as error:  # RuntimeError: ~ of an unknown user
        st.error(f"{say('Nothing was saved', 'Chưa lưu gì')}: {escape_markdown(error)}")
        return
    st.success(say(f"Saved: {new} new", f"Đã lưu: {new} dòng mới") + f" · {escape_markdown(folder)}")


# Streamlit's caches ignore arguments whose name starts with an underscore.
@st.cache_data(max_entries=1000, show_spinner=False)
def _cut_out(key: str, line: int, word: int, _picture: ReadPicture) -> tuple[bytes, bytes]:
    """Return the cut-outs of a word and of its line as JPEG."""
    view = cut_word(load_pixels(_picture.source), _picture.page.lines[line], word)
    return encode_jpeg(view.word), encode_jpeg(view.line)
