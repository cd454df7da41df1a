"""The page "Experiments": the project's runs side by side, and whether one of two is better, where and why."""

import csv
import datetime
import io
from collections.abc import Sequence

import altair
import pandas as pd
import streamlit as st

from app.differences import LINES, kind_name, line_card, line_images, marked, show_lines
from app.language import plain, say
from app.run_files import Comparison, compare, find_runs, text_of
from netchu.core.errors import NetchuError
from netchu.experiments.comparison import ComparedRate, LinePair, group_by_correctness
from netchu.experiments.explanation import CerPart, find_main_parts, format_points
from netchu.experiments.runs import Run, find_differing_parameters

_HISTORY = "metrics/history.csv"

_SIDE_BY_SIDE = 4
"""Runs that are chosen at first."""


def show() -> None:
    st.title(say("Experiments", "Thí nghiệm"))
    st.caption(
        say(
            "The workspace, DVC experiments, branches, tags and the latest commits that changed the metrics.",
            "Thư mục hiện tại, thí nghiệm DVC, nhánh, thẻ và những commit gần nhất làm đổi số đo.",
        )
    )
    runs = {run.label: run for run in find_runs()}
    _show_runs(list(runs.values()))
    st.header(say("Side by side", "Đặt cạnh nhau"))
    chosen = st.multiselect(say("Runs", "Các lần chạy"), list(runs), default=list(runs)[:_SIDE_BY_SIDE], key="runs")
    _show_parameters([runs[label] for label in chosen])
    _show_curves([runs[label] for label in chosen])
    st.header(say("Is B better than A?", "B có tốt hơn A không?"))
    _show_comparison(runs)


def _show_runs(runs: Sequence[Run]) -> None:
    kinds = {
        "workspace": say("workspace", "thư mục hiện tại"),
        "branch": say("branch", "nhánh"),
        "tag": say("tag", "thẻ"),
        "experiment": say("experiment", "thí nghiệm"),
        "commit": say("commit", "commit"),
    }
    rows = [
        {
            "run": ", ".join((run.label, *run.others)),
            "kind": kinds[run.kind],
            **{name: run.metrics.get(name) for name in ("cer", "wer", "ser")},
            **{f"{name}_interval": _interval(run, name) for name in ("cer", "wer", "ser")},
            "lines": run.metrics.get("lines"),
            "time": datetime.datetime.fromtimestamp(run.time),
            "subject": run.subject,
        }
        for run in runs
    ]
    config: dict = {"run": say("run", "lần chạy"), "kind": say("kind", "loại")}
    for name in ("cer", "wer", "ser"):
        config[name] = st.column_config.NumberColumn(f"{name.upper()} %", format="%.2f")
        config[f"{name}_interval"] = st.column_config.TextColumn(
            "95 %", help=say("95 % interval", "khoảng tin cậy 95 %")
        )
    config["lines"] = say("test lines", "dòng kiểm tra")
    config["time"] = st.column_config.DatetimeColumn(say("since", "từ lúc"), format="YYYY-MM-DD HH:mm")
    config["subject"] = say("message", "nội dung commit")
    st.dataframe(pd.DataFrame(rows), column_config=config, column_order=list(config), hide_index=True)


def _interval(run: Run, name: str) -> str | None:
    ends = [run.metrics.get(f"{name}_{end}") for end in ("low", "high")]
    return None if None in ends else f"{ends[0]:.2f} – {ends[1]:.2f}"


def _show_parameters(runs: Sequence[Run]) -> None:
    if len(runs) < 2:
        return
    differing = find_differing_parameters(runs)
    if not differing:
        st.markdown(say("These runs have the same parameters.", "Các lần chạy này có cùng tham số."))
        return
    st.markdown(f"**{say('Parameters that differ', 'Tham số khác nhau')}**")
    table = {run.label: ["–" if key not in run.params else str(run.params[key]) for key in differing] for run in runs}
    st.dataframe(pd.DataFrame(table, index=pd.Index(differing, name=say("parameter", "tham số"))))


def _show_curves(runs: Sequence[Run]) -> None:
    rows = [row for run in runs for row in _history(run)]
    if not rows:
        if runs:
            st.caption(say("These runs have no training history.", "Các lần chạy này không có lịch sử huấn luyện."))
        return
    names = {
        "validation_cer": say("validation CER, percent", "CER kiểm định, phần trăm"),
        "loss": say("training loss, nats a line", "hàm mất mát, nat mỗi dòng"),
    }
    table = pd.DataFrame(rows)
    legend = altair.Legend(orient="bottom", columns=2, offset=4, padding=0)
    for place, (name, title) in zip(st.columns(2), names.items(), strict=True):
        curves = (
            altair.Chart(table.dropna(subset=[name]))
            .mark_line(point=True)
            .encode(
                x=altair.X("epoch", title=say("epoch", "vòng huấn luyện"), axis=altair.Axis(tickMinStep=1, format="d")),
                y=altair.Y(name, title=None, scale=altair.Scale(zero=False), axis=altair.Axis(format="~r")),
                color=altair.Color("run", sort=None, title=None, legend=legend),
                tooltip=["run", "epoch", altair.Tooltip(name, format=".2f")],
            )
            .properties(height=360, title=title)
        )
        place.altair_chart(curves, alt=title)


def _history(run: Run) -> list[dict]:
    """The epochs of a run's training; none where they are missing or damaged."""
    try:
        rows = csv.DictReader(io.StringIO(text_of(run, _HISTORY)))
        return [
            {"run": run.label, "epoch": int(row["epoch"])}
            | {name: float(row[name]) for name in ("validation_cer", "loss")}
            for row in rows
        ]
    except (NetchuError, csv.Error, KeyError, TypeError, ValueError):
        return []


def _show_comparison(runs: dict[str, Run]) -> None:
    runs = {label: run for label, run in runs.items() if run.predictions}
    if len(runs) < 2:
        st.info(
            say(
                "A comparison needs two runs with readings; `dvc exp run -S train.epochs=30` makes another.",
                "Cần hai lần chạy có kết quả đọc để so sánh; `dvc exp run -S train.epochs=30` tạo thêm một lần.",
            )
        )
        return
    labels = list(runs)
    latest = runs[labels[0]].metrics
    other = next((place for place, label in enumerate(labels) if runs[label].metrics != latest), 1)
    left, right = st.columns(2)
    a = left.selectbox(say("Run A", "Lần chạy A"), labels, index=other, key="a", bind="query-params")
    b = right.selectbox(say("Run B", "Lần chạy B"), labels, index=0, key="b", bind="query-params")
    if a == b:
        st.info(say("Choose two different runs.", "Hãy chọn hai lần chạy khác nhau."))
        return
    try:
        found = compare(runs[a], runs[b])
    except NetchuError as error:
        st.warning(f"{say('These runs cannot be compared.', 'Không so sánh được hai lần chạy này.')} {plain(error)}")
        return
    st.subheader(_verdict(found.rates["cer"], found.parts))
    st.caption(
        say(
            "Paired bootstrap over the test lines: what other lines like these would give, "
            "not other writers or another train.seed.",
            "Bootstrap theo cặp trên các dòng kiểm tra: cho biết kết quả trên những dòng tương tự, "
            "không phải với người viết khác hay train.seed khác.",
        )
    )
    figures, chart = st.columns(2)
    with figures:
        _show_rates(found.rates)
    with chart:
        _show_parts(found.parts)
    _show_lines(found, a, b)


def _verdict(cer: ComparedRate, parts: Sequence[CerPart]) -> str:
    if not cer.distinguishable:
        figures = map(format_points, (cer.difference, cer.low, cer.high))
        return say(
            "No difference shown: B − A is {} points of CER (95 % interval {} to {}).",
            "Chưa thấy khác biệt: B − A là {} điểm CER (khoảng tin cậy 95 %: {} đến {}).",
        ).format(*figures)
    low, high = sorted((abs(cer.low), abs(cer.high)))
    sentence = say(
        "{} is better by {:.2f} points of CER (95 % interval {:.2f} to {:.2f})",
        "{} tốt hơn {:.2f} điểm CER (khoảng tin cậy 95 %: {:.2f} đến {:.2f})",
    ).format("B" if cer.difference < 0 else "A", abs(cer.difference), low, high)
    main, against = find_main_parts(parts)
    sentence += (
        say(", mostly ", ", chủ yếu ở ") + _listed(main)
        if main
        else say(", in many kinds of error", ", ở nhiều loại lỗi")
    )
    return sentence + (say(", though worse at ", ", nhưng kém hơn ở ") + _listed(against) if against else "") + "."


def _listed(parts: Sequence[CerPart]) -> str:
    names = [f"{kind_name(part.kind)} ({abs(float(part.difference)):.2f})" for part in parts]
    return say(" and ", " và ").join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)


def _show_rates(rates: dict[str, ComparedRate]) -> None:
    verdicts = {
        (True, True): say("B is better", "B tốt hơn"),
        (True, False): say("A is better", "A tốt hơn"),
    }
    none = say("no difference shown", "chưa thấy khác biệt")
    table = pd.DataFrame(
        {
            "rate": f"{name.upper()} %",
            "A": f"{rate.a:.2f}",
            "B": f"{rate.b:.2f}",
            "B − A": format_points(rate.difference),
            "95 %": f"{format_points(rate.low)} … {format_points(rate.high)}",
            "verdict": verdicts.get((rate.distinguishable, rate.difference < 0), none),
        }
        for name, rate in rates.items()
    )
    st.dataframe(table, hide_index=True, column_config={"rate": "", "verdict": ""})


def _show_parts(parts: Sequence[CerPart]) -> None:
    title = say("B − A, points of CER (left: B is better)", "B − A, điểm CER (bên trái: B tốt hơn)")
    table = pd.DataFrame(
        {
            "kind": [kind_name(part.kind) for part in parts],
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


def _show_lines(found: Comparison, a: str, b: str) -> None:
    right = group_by_correctness(found.pairs)
    both, only_a, only_b, neither = (len(right[name]) for name in ("both", "only_a", "only_b", "neither"))
    st.markdown(
        say(
            f"Of {len(found.pairs)} test lines, {both} are read right by both runs and {neither} by neither.",
            f"Trong {len(found.pairs)} dòng kiểm tra, cả hai đọc đúng {both} dòng, cả hai đọc sai {neither} dòng.",
        )
    )
    titles = (
        say(f"Only B reads right ({only_b})", f"Chỉ B đọc đúng ({only_b})"),
        say(f"Only A reads right ({only_a})", f"Chỉ A đọc đúng ({only_a})"),
    )
    for tab, name in zip(st.tabs(titles), ("only_b", "only_a"), strict=True):
        with tab:
            _show_pairs(right[name], f"{name} {a} {b}")


def _show_pairs(pairs: Sequence[LinePair], key: str) -> None:
    if not pairs:
        st.markdown(say("No line.", "Không có dòng nào."))
        return
    place = st.container()
    page = st.pagination(-(-len(pairs) // LINES), key=key) if len(pairs) > LINES else 1
    shown = pairs[LINES * (page - 1) : LINES * page]
    images = line_images({pair.id: pair.reference for pair in shown})
    with place:
        show_lines([_card(pair, images.get(pair.id)) for pair in shown])


def _card(pair: LinePair, image: bytes | None) -> str:
    texts = [("A", marked(pair.reference, pair.a)[1]), ("B", marked(pair.reference, pair.b)[1])]
    return line_card(pair.id, image, texts)
