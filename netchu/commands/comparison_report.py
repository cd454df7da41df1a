"""Formats the comparison of two runs as text, JSON or Markdown."""

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

import jiwer

from netchu.experiments.comparison import FEWEST_DIFFERING, RESAMPLES, ComparedRate, LinePair
from netchu.experiments.explanation import KIND_NAMES, CerPart, find_main_parts, format_points
from netchu.experiments.revisions import Revision

_RATE_HEADER = ("", "A", "B", "B − A", "95 % interval", "")

_KIND_HEADER = ("points of CER by kind of error", "A", "B", "B − A")

_NOTES = (
    f"Intervals of B − A in points: paired bootstrap over the test lines, {RESAMPLES:,} resamples.",
    "They hold for other lines like these, not for other writers or another train.seed.",
)

_RED, _RESET = "\033[31m", "\033[0m"


class ComparisonReport(NamedTuple):
    """The content of a report, whatever its format."""

    a: Revision
    b: Revision
    pairs: list[LinePair]
    rates: dict[str, ComparedRate]  # by "cer", "wer" and "ser"
    sources: dict[str, ComparedRate]  # CER by source, where there are several
    parts: list[CerPart]  # the CER by kind of error, the largest difference first
    right: dict[str, int]  # lines read without an error by both, only_a, only_b, neither
    better: list[LinePair]  # lines on which B makes fewer edits, the largest change first
    worse: list[LinePair]


def format_text(report: ComparisonReport) -> str:
    """Return the report as plain text, on a terminal with misread characters in red."""
    lines = [f"A  {report.a}", f"B  {report.b}", "", _conclude(report), ""]
    lines += _align_columns((_RATE_HEADER, *_list_rates(report)), 4)
    if kinds := _list_kinds(report):
        lines += ["", *_align_columns((_KIND_HEADER, *kinds), 3)]
    lines += ["", _summarise_right_lines(report)]
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for title, pairs in (("better", report.better), ("worse", report.worse)):
        if pairs:
            lines += ["", f"Lines that B reads {title}, with their edits:"]
        for pair in pairs:
            a, b = (_colour_differences(pair.reference, text) if colour else text for text in (pair.a, pair.b))
            lines.append(f"  {pair.edits_a} → {pair.edits_b}  {pair.id}")
            lines += [f"      {label}  {text}".rstrip() for label, text in (("=", pair.reference), ("A", a), ("B", b))]
    return "\n".join((*lines, "", *_NOTES))


def format_json(report: ComparisonReport) -> str:
    """Return the report as JSON, with rates in percent."""
    values = {
        "a": report.a._asdict(),
        "b": report.b._asdict(),
        "lines": len(report.pairs),
        "verdict": _conclude(report),
        **{name: _round_rate(rate) for name, rate in report.rates.items()},
        "cer_by_source": {source: _round_rate(rate) for source, rate in report.sources.items()},
        "cer_by_kind": {
            part.kind: {name: round(float(getattr(part, name)), 3) for name in ("a", "b", "difference")}
            for part in report.parts
        },
        "right": report.right,
        "better": [pair._asdict() for pair in report.better],
        "worse": [pair._asdict() for pair in report.worse],
    }
    return json.dumps(values, ensure_ascii=False, indent=2)


def format_markdown(report: ComparisonReport) -> str:
    """Return the report as Markdown, for a comment on a pull request."""
    lines = [f"A is {_format_code(str(report.a))}, B is {_format_code(str(report.b))}.", "", _conclude(report), ""]
    lines += [_format_row(_RATE_HEADER), _format_row(("---", "--:", "--:", "--:", ":-:", "---"))]
    lines += [_format_row(row) for row in _list_rates(report)]
    if kinds := _list_kinds(report):
        lines += ["", _format_row(_KIND_HEADER), _format_row(("---", "--:", "--:", "--:")), *map(_format_row, kinds)]
    lines += ["", _summarise_right_lines(report)]
    for title, pairs in (("better", report.better), ("worse", report.worse)):
        if pairs:
            lines += ["", f"<details><summary>Lines that B reads {title}</summary>", ""]
            lines += [_format_row(("edits", "line", "text", "A", "B")), _format_row(["---"] * 5)]
            for pair in pairs:
                cells = map(_format_code, (pair.id, pair.reference, pair.a, pair.b))
                lines.append(_format_row((f"{pair.edits_a} → {pair.edits_b}", *cells)))
            lines += ["", "</details>"]
    return "\n".join((*lines, "", f"<sub>{' '.join(_NOTES)}</sub>"))


def _conclude(report: ComparisonReport) -> str:
    """Return a sentence: the better run, the difference, and the kinds of error that explain it."""
    cer = report.rates["cer"]
    if not cer.distinguishable:
        low, high = format_points(cer.low), format_points(cer.high)
        difference = f"B − A is {format_points(cer.difference)} points of CER (95 % interval {low} to {high})"
        return f"{_judge(cer).capitalize()}. {difference}."
    low, high = sorted((abs(cer.low), abs(cer.high)))
    main, opposite = find_main_parts(report.parts)
    return (
        f"{_judge(cer)} by {abs(cer.difference):.2f} points of CER (95 % interval {low:.2f} to {high:.2f}), "
        + (f"mostly {_join_parts(main)}" if main else "spread over many kinds of error")
        + (f", though worse at {_join_parts(opposite)}." if opposite else ".")
    )


def _join_parts(parts: Sequence[CerPart]) -> str:
    """Return the parts as words, such as `tones (0.70), vowel marks (0.30) and case (0.10)`."""
    names = [f"{KIND_NAMES[part.kind]} ({abs(float(part.difference)):.2f})" for part in parts]
    return " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)


def _judge(rate: ComparedRate) -> str:
    """Return which run is better, in words."""
    if rate.distinguishable:
        return "B is better" if rate.difference < 0 else "A is better"
    if rate.low > 0 or rate.high < 0:
        return f"no difference shown: fewer than {FEWEST_DIFFERING} lines differ"
    return "no difference shown"


def _list_rates(report: ComparisonReport) -> list[tuple[str, ...]]:
    """Return a table row for each rate, with the columns of _RATE_HEADER."""
    rates = {f"{name.upper()} %": rate for name, rate in report.rates.items()}
    rates |= {f"CER %, {source}": rate for source, rate in report.sources.items()}
    return [
        (
            name,
            f"{rate.a:.2f}",
            f"{rate.b:.2f}",
            format_points(rate.difference),
            f"{format_points(rate.low)} to {format_points(rate.high)}",
            _judge(rate),
        )
        for name, rate in rates.items()
    ]


def _list_kinds(report: ComparisonReport) -> list[tuple[str, ...]]:
    """Return a table row for each kind of error that occurs; no rows if no kind differs."""
    if not any(part.difference for part in report.parts):
        return []
    return [
        (KIND_NAMES[part.kind], f"{float(part.a):.2f}", f"{float(part.b):.2f}", format_points(float(part.difference)))
        for part in report.parts
        if part.a or part.b
    ]


def _summarise_right_lines(report: ComparisonReport) -> str:
    """Return a sentence with the numbers of lines that both runs, one or neither read without an error."""
    if all(pair.a == pair.b for pair in report.pairs):
        return f"Both runs have the same predictions for all {len(report.pairs)} test lines."
    right = report.right
    return (
        f"Of {len(report.pairs)} test lines, {right['both']} are read without error by both, {right['only_a']} by A "
        f"alone, {right['only_b']} by B alone, {right['neither']} by neither."
    )


def _align_columns(rows: Sequence[Sequence[str]], numbers: int) -> list[str]:
    """Return the rows as lines of text, the first column flush left, the next `numbers` columns flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "   ".join(
            cell.rjust(width) if 0 < index <= numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _colour_differences(reference: str, prediction: str) -> str:
    """Return `prediction` with wrong characters in red, and a red underscore where characters are missing."""
    chunks = []
    for chunk in jiwer.process_characters(reference, prediction).alignments[0]:
        text = prediction[chunk.hyp_start_idx : chunk.hyp_end_idx]
        chunks.append(text if chunk.type == "equal" else f"{_RED}{text or '_'}{_RESET}")
    return "".join(chunks)


def _round_rate(rate: ComparedRate) -> dict[str, float | bool]:
    numbers = {name: round(getattr(rate, name), 3) for name in ("a", "b", "difference", "low", "high")}
    return numbers | {"distinguishable": rate.distinguishable}


def _format_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _format_code(text: str) -> str:
    """Return `text` as inline code for a table, in which no character is read as Markdown."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|") if text else "nothing"
