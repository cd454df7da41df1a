"""Shows whether one of two runs is better, in which kinds of error, and on which lines."""

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
from app.run_files import Comparison, compare_runs
from netchu.core.errors import NetchuError
from netchu.experiments.comparison import ComparedRate, LinePair, group_by_correctness
from netchu.experiments.explanation import CerPart, find_main_parts, format_points
from netchu.experiments.runs import Run


def show_comparison(runs: dict[str, Run]) -> None:
    """Show the choice of two runs, given by their labels, and their comparison."""
    runs = {label: run for label, run in runs.items() if run.predictions}
    if len(runs) < 2:
        st.info(
            say(
                "A comparison needs two runs with predictions; `dvc exp run -S train.epochs=30` makes another.",
                "Cần hai lần chạy có kết quả đọc để so sánh; `dvc exp run -S train.epochs=30` tạo thêm một lần.",
            )
        )
        return
    chosen = _choose_two(runs)
    if not chosen:
        st.info(say("Choose two different runs.", "Hãy chọn hai lần chạy khác nhau."))
        return
    a, b = chosen
    try:
        comparison = compare_runs(runs[a], runs[b])
    except NetchuError as error:
        message = say("These runs cannot be compared.", "Không so sánh được hai lần chạy này.")
        st.warning(f"{message} {escape_markdown(error)}")
        return
    st.subheader(_conclude(comparison.rates["cer"], comparison.parts))
    st.caption(
        say(
            "Paired bootstrap over the test lines. The intervals hold for other lines like these, "
            "not for other writers or another train.seed.",
            "Bootstrap theo cặp trên các dòng kiểm tra. Khoảng tin cậy đúng cho những dòng tương tự, "
            "không phải cho người viết khác hay train.seed khác.",
        )
    )
    rates, chart = st.columns(2)
    with rates:
        _show_rates(comparison.rates)
    with chart:
        _show_parts(comparison.parts)
    _show_lines(comparison, a, b)


def _choose_two(runs: dict[str, Run]) -> tuple[str, str] | None:
    """Show the choice of two runs, and return their labels, or None where they are the same.

    At first, B is the latest run, and A the next one with other metrics.
    """
    labels = list(runs)
    latest = runs[labels[0]].metrics
    first_a = next((index for index, label in enumerate(labels) if runs[label].metrics != latest), 1)
    left, right = st.columns(2)
    a = left.selectbox(say("Run A", "Lần chạy A"), labels, index=first_a, key="a", bind="query-params")
    b = right.selectbox(say("Run B", "Lần chạy B"), labels, index=0, key="b", bind="query-params")
    return None if a == b else (a, b)


def _conclude(cer: ComparedRate, parts: Sequence[CerPart]) -> str:
    """Return a sentence: the better run, the difference, and the kinds of error that explain it."""
    if not cer.distinguishable:
        points = map(format_points, (cer.difference, cer.low, cer.high))
        return say(
            "No difference shown: B − A is {} points of CER (95 % interval {} to {}).",
            "Chưa thấy khác biệt: B − A là {} điểm CER (khoảng tin cậy 95 %: {} đến {}).",
        ).format(*points)
    low, high = sorted((abs(cer.low), abs(cer.high)))
    sentence = say(
        "{} is better by {:.2f} points of CER (95 % interval {:.2f} to {:.2f})",
        "{} tốt hơn {:.2f} điểm CER (khoảng tin cậy 95 %: {:.2f} đến {:.2f})",
    ).format("B" if cer.difference < 0 else "A", abs(cer.difference), low, high)
    main, against = find_main_parts(parts)
    sentence += (
        say(", mostly ", ", chủ yếu ở ") + _join_parts(main)
        if main
        else say(", in many kinds of error", ", ở nhiều loại lỗi")
    )
    return sentence + (say(", though worse at ", ", nhưng kém hơn ở ") + _join_parts(against) if against else "") + "."


def _join_parts(parts: Sequence[CerPart]) -> str:
    names = [f"{translate_kind(part.kind)} ({abs(float(part.difference)):.2f})" for part in parts]
    return say(" and ", " và ").join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)


def _show_rates(rates: dict[str, ComparedRate]) -> None:
    verdicts = {
        (True, True): say("B is better", "B tốt hơn"),
        (True, False): say("A is better", "A tốt hơn"),
    }
    no_difference = say("no difference shown", "chưa thấy khác biệt")
    table = pd.DataFrame(
        {
            "rate": f"{name.upper()} %",
            "A": f"{rate.a:.2f}",
            "B": f"{rate.b:.2f}",
            "B − A": format_points(rate.difference),
            "95 %": f"{format_points(rate.low)} … {format_points(rate.high)}",
            "verdict": verdicts.get((rate.distinguishable, rate.difference < 0), no_difference),
        }
        for name, rate in rates.items()
    )
    st.dataframe(table, hide_index=True, column_config={"rate": "", "verdict": ""})


def _show_parts(parts: Sequence[CerPart]) -> None:
    title = say("B − A, points of CER (left: B is better)", "B − A, điểm CER (bên trái: B tốt hơn)")
    table = pd.DataFrame(
        {
            "kind": [translate_kind(part.kind) for part in parts],
            "A": [float(part.a) for part in parts],
            "B": [float(part.b) for part in parts],
            "difference": [float(part.difference) for part in parts],
        }
    )
    bars = (
        altair.Chart(table)
        .mark_bar()
        .encode(
            x=altair.X("difference", title=title),
            y=altair.Y("kind", sort=None, title=None, axis=altair.Axis(labelLimit=200, labelOverlap=False)),
            color=altair.condition("datum.difference < 0", altair.value("#2e8b57"), altair.value("#c0392b")),
            tooltip=[
                altair.Tooltip("kind", title=say("kind", "loại lỗi")),
                *(altair.Tooltip(run, format=".2f") for run in "AB"),
                altair.Tooltip("difference", title="B − A", format="+.2f"),
            ],
        )
        .properties(height=280, padding={"top": 10, "bottom": 10, "left": 0, "right": 10})
    )
    st.altair_chart(bars, alt=title)


def _show_lines(comparison: Comparison, a: str, b: str) -> None:
    groups = group_by_correctness(comparison.pairs)
    both, only_a, only_b, neither = (len(groups[name]) for name in ("both", "only_a", "only_b", "neither"))
    total = len(comparison.pairs)
    st.markdown(
        say(
            f"Of {total} test lines, {both} are read right by both runs and {neither} by neither.",
            f"Trong {total} dòng kiểm tra, cả hai đọc đúng {both} dòng, cả hai đọc sai {neither} dòng.",
        )
    )
    titles = (
        say(f"Only B reads right ({only_b})", f"Chỉ B đọc đúng ({only_b})"),
        say(f"Only A reads right ({only_a})", f"Chỉ A đọc đúng ({only_a})"),
    )
    for tab, name in zip(st.tabs(titles), ("only_b", "only_a"), strict=True):
        with tab:
            _show_pairs(groups[name], f"{name} {a} {b}")


def _show_pairs(pairs: Sequence[LinePair], key: str) -> None:
    if not pairs:
        st.markdown(say("No line.", "Không có dòng nào."))
        return
    cards = st.container()
    page = st.pagination(-(-len(pairs) // LINES_PER_PAGE), key=key) if len(pairs) > LINES_PER_PAGE else 1
    shown = pairs[LINES_PER_PAGE * (page - 1) : LINES_PER_PAGE * page]
    images = load_line_images({pair.id: pair.reference for pair in shown})
    with cards:
        show_cards([_render_pair(pair, images.get(pair.id)) for pair in shown])


def _render_pair(pair: LinePair, image: bytes | None) -> str:
    texts = [(run, mark_differences(pair.reference, text)[1]) for run, text in (("A", pair.a), ("B", pair.b))]
    return render_card(pair.id, image, texts)
