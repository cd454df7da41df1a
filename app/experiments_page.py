"""The page "Experiments": the project's runs side by side, and a comparison of two."""

import csv
import datetime
import io
from collections.abc import Sequence

import altair
import pandas as pd
import streamlit as st

from app.comparison_view import show_comparison
from app.language import say
from app.run_files import find_runs, read_run_file
from netchu.core.errors import NetchuError
from netchu.experiments.runs import Run, find_differing_parameters

_HISTORY = "metrics/history.csv"

_CHOSEN_AT_FIRST = 4
"""Number of runs."""


def show_experiments_page() -> None:
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
    chosen = st.multiselect(say("Runs", "Các lần chạy"), list(runs), default=list(runs)[:_CHOSEN_AT_FIRST], key="runs")
    _show_parameters([runs[label] for label in chosen])
    _show_curves([runs[label] for label in chosen])
    st.header(say("Is B better than A?", "B có tốt hơn A không?"))
    show_comparison(runs)


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
            "run": ", ".join((run.label, *run.other_names)),
            "kind": kinds[run.kind],
            **{name: run.metrics.get(name) for name in ("cer", "wer", "ser")},
            **{f"{name}_interval": _format_interval(run, name) for name in ("cer", "wer", "ser")},
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
    config["time"] = st.column_config.DatetimeColumn(say("time", "thời gian"), format="YYYY-MM-DD HH:mm")
    config["subject"] = say("message", "nội dung commit")
    st.dataframe(pd.DataFrame(rows), column_config=config, column_order=list(config), hide_index=True)


def _format_interval(run: Run, name: str) -> str | None:
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
    rows = [row for run in runs for row in _read_history(run)]
    if not rows:
        if runs:
            st.caption(say("These runs have no training history.", "Các lần chạy này không có lịch sử huấn luyện."))
        return
    titles = {
        "validation_cer": say("validation CER, percent", "CER kiểm định, phần trăm"),
        "loss": say("training loss, nats a line", "hàm mất mát, nat mỗi dòng"),
    }
    table = pd.DataFrame(rows)
    legend = altair.Legend(orient="bottom", columns=2, offset=4, padding=0)
    for column, (name, title) in zip(st.columns(2), titles.items(), strict=True):
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
        column.altair_chart(curves, alt=title)


def _read_history(run: Run) -> list[dict]:
    """Return the epochs of a run's training; none where the file is missing or damaged."""
    try:
        rows = csv.DictReader(io.StringIO(read_run_file(run, _HISTORY)))
        return [
            {"run": run.label, "epoch": int(row["epoch"])}
            | {name: float(row[name]) for name in ("validation_cer", "loss")}
            for row in rows
        ]
    except (NetchuError, csv.Error, KeyError, TypeError, ValueError):
        return []
