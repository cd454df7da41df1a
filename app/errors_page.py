"""The page "Errors": the test lines of a run with their errors, the worst first."""

import unicodedata
from collections.abc import Sequence

import altair
import pandas as pd
import streamlit as st

from app.differences import (
    LINES_PER_PAGE,
    load_line_images,
    mark_differences,
    render_card,
    show_cards,
    translate_kind,
)
from app.language import escape_markdown, say
from app.run_files import LineErrors, find_runs, read_test_lines
from netchu.core.errors import NetchuError
from netchu.evaluation.error_kinds import ERROR_KINDS


def show_errors_page() -> None:
    st.title(say("Errors", "Lỗi đọc"))
    st.caption(
        say(
            "The test lines of a run, the worst first: the written text, the prediction, and their differences.",
            "Các dòng kiểm tra của một lần chạy, sai nhiều nhất trước: văn bản gốc, kết quả đọc và chỗ khác nhau.",
        )
    )
    runs = {run.label: run for run in find_runs() if run.predictions}
    if not runs:
        st.info(say("No run has predictions yet; run `dvc repro`.", "Chưa có kết quả đọc nào; hãy chạy `dvc repro`."))
        return
    label = st.selectbox(say("Run", "Lần chạy"), list(runs), key="run", bind="query-params")
    try:
        lines = read_test_lines(runs[label])
    except NetchuError as error:
        st.error(escape_markdown(error))
        return
    _show_summary(lines)
    _show_lines(label, _filter_lines(label, lines), len(lines))


def _show_summary(lines: Sequence[LineErrors]) -> None:
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
            "kind": [translate_kind(kind) for kind in ERROR_KINDS],
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


def _filter_lines(label: str, lines: Sequence[LineErrors]) -> list[LineErrors]:
    """Show the filters, and return the lines that pass them."""
    matching = list(lines)
    kinds = st.pills(
        say("With an error of", "Có lỗi về"),
        ERROR_KINDS,
        selection_mode="multi",
        format_func=lambda kind: f"{translate_kind(kind)} · {sum(kind in line.kinds for line in lines)}",
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
        matching = [line for line in matching if shortest <= len(line.reference) <= longest]
    for column, name, title in (
        (writer, "writer", say("Writer", "Người viết")),
        (source, "source", say("Source", "Nguồn")),
    ):
        values = sorted({getattr(line, name) for line in lines})
        if len(values) > 1:
            chosen = column.multiselect(
                title,
                values,
                format_func=lambda value: value or say("unknown", "không rõ"),
                placeholder=say("all", "tất cả"),
                key=f"{name} of {label}",
            )
            matching = [line for line in matching if not chosen or getattr(line, name) in chosen]
    if st.toggle(say("Only lines with errors", "Chỉ dòng có lỗi"), value=True, key="only_wrong"):
        matching = [line for line in matching if line.reference != line.prediction]
    if kinds:
        matching = [line for line in matching if line.kinds.keys() & set(kinds)]
    if wanted := _fold_case(wanted):
        matching = [
            line
            for line in matching
            if any(wanted in _fold_case(text) for text in (line.reference, line.prediction, line.id))
        ]
    return matching


def _fold_case(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()


def _show_lines(label: str, lines: Sequence[LineErrors], total: int) -> None:
    count = len(lines)
    st.markdown(f"**{say(f'{count:,} of {total:,} lines', f'{count:,} trong {total:,} dòng')}**")
    if not lines:
        st.info(say("No line matches.", "Không có dòng nào phù hợp."))
        return
    cards = st.container()
    # The key depends on the lines, so that another choice of lines starts at its first page.
    key = f"page {label} {hash(tuple(line.id for line in lines))}"
    page = st.pagination(-(-count // LINES_PER_PAGE), key=key) if count > LINES_PER_PAGE else 1
    shown = lines[LINES_PER_PAGE * (page - 1) : LINES_PER_PAGE * page]
    images = load_line_images({line.id: line.reference for line in shown})
    with cards:
        if len(images) < len(shown):
            st.caption(
                say(
                    "A line without an image is not in the workspace; try `dvc checkout` or `dvc repro`.",
                    "Dòng không có ảnh không nằm trong thư mục hiện tại; hãy thử `dvc checkout` hoặc `dvc repro`.",
                )
            )
        show_cards([_render_card(line, images.get(line.id)) for line in shown])


def _render_card(line: LineErrors, image: bytes | None) -> str:
    title = [
        line.id,
        line.writer,
        f"CER {line.cer:.0f} %",
        ", ".join(translate_kind(kind) for kind in ERROR_KINDS if kind in line.kinds),
    ]
    reference, prediction = mark_differences(line.reference, line.prediction)
    texts = [(say("written", "văn bản gốc"), reference), (say("read", "đọc được"), prediction)]
    return render_card(" · ".join(filter(None, title)), image, texts)
