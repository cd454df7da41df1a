"""The page "Errors": the test lines of a run, the worst first, with what was misread."""

import unicodedata
from collections.abc import Sequence

import altair
import pandas as pd
import streamlit as st

from app.differences import LINES, kind_name, line_card, line_images, marked, show_lines
from app.language import plain, say
from app.run_files import TestLine, find_runs, lines_of
from netchu.core.errors import NetchuError
from netchu.evaluation.error_kinds import ERROR_KINDS


def show() -> None:
    st.title(say("Errors", "Lỗi đọc"))
    st.caption(
        say(
            "The test lines of a run, the worst first: what is written, what was read, and the difference.",
            "Các dòng kiểm tra của một lần chạy, sai nhiều nhất trước: chữ đã viết, chữ đọc được và chỗ khác nhau.",
        )
    )
    runs = {run.label: run for run in find_runs() if run.predictions}
    if not runs:
        st.info(say("No run has readings yet; run `dvc repro`.", "Chưa có kết quả đọc nào; hãy chạy `dvc repro`."))
        return
    label = st.selectbox(say("Run", "Lần chạy"), list(runs), key="run", bind="query-params")
    try:
        lines = lines_of(runs[label])
    except NetchuError as error:
        st.error(plain(error))
        return
    _summary(lines)
    _browse(label, _filtered(label, lines), len(lines))


def _summary(lines: Sequence[TestLine]) -> None:
    edits, characters = sum(line.edits for line in lines), sum(len(line.reference) for line in lines)
    wrong = sum(line.reference != line.prediction for line in lines)
    figures, chart = st.columns([1, 2], vertical_alignment="center")
    with figures.container(horizontal=True):
        st.metric(say("Test lines", "Số dòng kiểm tra"), f"{len(lines):,}")
        st.metric(say("Lines with errors", "Dòng có lỗi"), f"{wrong:,}")
        st.metric(say("Misread characters", "Ký tự đọc sai"), f"{edits:,}")
        st.metric("CER", f"{100 * edits / max(characters, 1):.2f} %")
    table = pd.DataFrame(
        {
            "kind": [kind_name(kind) for kind in ERROR_KINDS],
            "edits": [sum(line.kinds.get(kind, 0) for line in lines) for kind in ERROR_KINDS],
            "lines": [sum(kind in line.kinds for line in lines) for kind in ERROR_KINDS],
        }
    )
    title = say("misread characters by kind of error", "ký tự đọc sai theo loại lỗi")
    bars = (
        altair.Chart(table)
        .mark_bar()
        .encode(
            x=altair.X("edits", title=title),
            y=altair.Y("kind", sort="-x", title=None, axis=altair.Axis(labelLimit=200, labelOverlap=False)),
            tooltip=[
                altair.Tooltip("kind", title=say("kind", "loại lỗi")),
                altair.Tooltip("edits", title=say("characters", "ký tự"), format=".1f"),
                altair.Tooltip("lines", title=say("lines", "dòng")),
            ],
        )
        .properties(height=280, padding={"top": 10, "bottom": 10, "left": 0, "right": 10})
    )
    chart.altair_chart(bars, alt=title)


def _filtered(label: str, lines: Sequence[TestLine]) -> list[TestLine]:
    """The lines that the person asks for."""
    found = list(lines)
    kinds = st.pills(
        say("With an error of", "Có lỗi về"),
        ERROR_KINDS,
        selection_mode="multi",
        format_func=lambda kind: f"{kind_name(kind)} · {sum(kind in line.kinds for line in lines)}",
        key="kinds",
    )
    text, length, writer, source = st.columns(4, vertical_alignment="bottom")
    with text:
        wanted = st.text_input(say("Search text or id", "Tìm trong văn bản hoặc tên"), key="search")
    lengths = [len(line.reference) for line in lines]
    if min(lengths) < max(lengths):
        ends = (min(lengths), max(lengths))
        title = say("Length, characters", "Độ dài, ký tự")
        shortest, longest = length.slider(title, *ends, ends, key=f"length {ends}")
        found = [line for line in found if shortest <= len(line.reference) <= longest]
    for place, name, title in (
        (writer, "writer", say("Writer", "Người viết")),
        (source, "source", say("Source", "Nguồn")),
    ):
        values = sorted({getattr(line, name) for line in lines})
        if len(values) > 1:
            chosen = place.multiselect(
                title,
                values,
                format_func=lambda value: value or say("unknown", "không rõ"),
                placeholder=say("all", "tất cả"),
                key=f"{name} of {label}",
            )
            found = [line for line in found if not chosen or getattr(line, name) in chosen]
    if st.toggle(say("Only lines with errors", "Chỉ dòng có lỗi"), value=True, key="only_wrong"):
        found = [line for line in found if line.reference != line.prediction]
    if kinds:
        found = [line for line in found if line.kinds.keys() & set(kinds)]
    if wanted := _folded(wanted):
        found = [
            line
            for line in found
            if any(wanted in _folded(text) for text in (line.reference, line.prediction, line.id))
        ]
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _browse(label: str, lines: Sequence[TestLine], total: int) -> None:
    count = len(lines)
    st.markdown(f"**{say(f'{count:,} of {total:,} lines', f'{count:,} trong {total:,} dòng')}**")
    if not lines:
        st.info(say("No line is like this.", "Không có dòng nào như vậy."))
        return
    place = st.container()
    # A key of its own for each choice of lines, so that another choice begins at its first page.
    key = f"page {label} {hash(tuple(line.id for line in lines))}"
    page = st.pagination(-(-count // LINES), key=key) if count > LINES else 1
    shown = lines[LINES * (page - 1) : LINES * page]
    images = line_images({line.id: line.reference for line in shown})
    with place:
        if len(images) < len(shown):
            st.caption(
                say(
                    "A line without an image is not in the workspace; `dvc checkout` or `dvc repro` may bring it.",
                    "Dòng không có ảnh là dòng không nằm trong thư mục hiện tại; thử `dvc checkout` hoặc `dvc repro`.",
                )
            )
        show_lines([_card(line, images.get(line.id)) for line in shown])


def _card(line: TestLine, image: bytes | None) -> str:
    about = [
        line.id,
        line.writer,
        f"CER {line.cer:.0f} %",
        ", ".join(kind_name(kind) for kind in ERROR_KINDS if kind in line.kinds),
    ]
    written, read = marked(line.reference, line.prediction)
    texts = [(say("written", "đã viết"), written), (say("read", "đọc được"), read)]
    return line_card(" · ".join(filter(None, about)), image, texts)
