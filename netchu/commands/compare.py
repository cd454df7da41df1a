"""`python -m netchu compare`: is one run better than another, by how much, and on which lines?"""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

import jiwer

from netchu.experiments.comparison import (
    FEWEST,
    RESAMPLES,
    Pair,
    Rate,
    compare_rates,
    pair_lines,
    parse_predictions,
    who_reads_right,
)
from netchu.experiments.explanation import KIND_NAMES, Part, difference_by_kind, main_parts, signed
from netchu.experiments.revisions import WORKSPACE, Revision, find_revision, read_file
from netchu.experiments.runs import PREDICTIONS

_COLUMNS = ("", "A", "B", "B − A", "95 % interval", "")

_KIND_COLUMNS = ("points of CER by kind of error", "A", "B", "B − A")

_NOTE = (
    f"Intervals of B − A in points: paired bootstrap over the test lines, {RESAMPLES:,} resamples.",
    "They say what other lines like these would give, not other writers or another train.seed.",
)

_RED, _PLAIN = "\033[31m", "\033[0m"


class Report(NamedTuple):
    """What every format shows."""

    a: Revision
    b: Revision
    pairs: list[Pair]
    rates: dict[str, Rate]  # by cer, wer, ser
    sources: dict[str, Rate]  # CER by source, where there are several
    parts: list[Part]  # the CER by kind of error, the largest difference first
    right: dict[str, int]  # lines read without an error by both, only_a, only_b, neither
    better: list[Pair]  # lines on which B makes fewer edits, the largest change first
    worse: list[Pair]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="commit, branch, tag or experiment: the run to compare with")
    parser.add_argument("b", metavar="B", nargs="?", default=WORKSPACE, help="the other run (default: the workspace)")
    parser.add_argument("--format", choices=("text", "json", "md"), default="text", help="md: for a pull request")
    parser.add_argument("--lines", metavar="N", type=int, default=5, help="lines shown, better and worse (default: 5)")


def run(arguments: argparse.Namespace) -> int:
    """Print the comparison; raises NetchuError where a run has no predictions or the test lines differ."""
    a, b = (find_revision(name) for name in (arguments.a, arguments.b))
    runs = [parse_predictions(read_file(run, PREDICTIONS), f"{PREDICTIONS} of {run}") for run in (a, b)]
    pairs = pair_lines(*runs, (str(a), str(b)))
    sources = sorted({pair.source for pair in pairs})
    if len(sources) == 1:
        sources = []
    report = Report(
        a,
        b,
        pairs,
        rates=compare_rates(pairs),
        sources={name: compare_rates([pair for pair in pairs if pair.source == name])["cer"] for name in sources},
        parts=difference_by_kind(pairs),
        right={name: len(lines) for name, lines in who_reads_right(pairs).items()},
        better=_most_changed(pairs, -1, arguments.lines),
        worse=_most_changed(pairs, 1, arguments.lines),
    )
    print({"text": _text, "json": _json, "md": _markdown}[arguments.format](report))
    return 0


def _most_changed(pairs: Sequence[Pair], sign: int, count: int) -> list[Pair]:
    """At most `count` lines whose edits rise (`sign` 1) or fall (-1) most, those that one run has right first."""
    changed = [pair for pair in pairs if sign * (pair.edits_b - pair.edits_a) > 0]
    changed.sort(key=lambda pair: (sign * (pair.edits_a - pair.edits_b), min(pair.edits_a, pair.edits_b), pair.id))
    return changed[: max(count, 0)]


def _table(report: Report) -> list[tuple[str, ...]]:
    """A row of _COLUMNS for each rate."""
    rates = {f"{name.upper()} %": rate for name, rate in report.rates.items()}
    rates |= {f"CER %, {source}": rate for source, rate in report.sources.items()}
    return [
        (
            name,
            f"{rate.a:.2f}",
            f"{rate.b:.2f}",
            signed(rate.difference),
            f"{signed(rate.low)} to {signed(rate.high)}",
            _verdict(rate),
        )
        for name, rate in rates.items()
    ]


def _kind_table(report: Report) -> list[tuple[str, ...]]:
    """A row of _KIND_COLUMNS for each kind of error that occurs; none where the runs make as many of every kind."""
    if not any(part.difference for part in report.parts):
        return []
    return [
        (KIND_NAMES[part.kind], f"{float(part.a):.2f}", f"{float(part.b):.2f}", signed(float(part.difference)))
        for part in report.parts
        if part.a or part.b
    ]


def _sentence(report: Report) -> str:
    """Which run is better by how much, and by which kinds of error."""
    cer = report.rates["cer"]
    if not cer.distinguishable:
        low, high = signed(cer.low), signed(cer.high)
        figures = f"B − A is {signed(cer.difference)} points of CER (95 % interval {low} to {high})"
        return f"{_verdict(cer).capitalize()}. {figures}."
    low, high = sorted((abs(cer.low), abs(cer.high)))
    main, against = main_parts(report.parts)
    return (
        f"{_verdict(cer)} by {abs(cer.difference):.2f} points of CER (95 % interval {low:.2f} to {high:.2f}), "
        + (f"mostly {_listed(main)}" if main else "spread over many kinds of error")
        + (f", though worse at {_listed(against)}." if against else ".")
    )


def _listed(parts: Sequence[Part]) -> str:
    """Such as `tones (0.70), vowel marks (0.30) and case (0.10)`."""
    names = [f"{KIND_NAMES[part.kind]} ({abs(float(part.difference)):.2f})" for part in parts]
    return " and ".join((", ".join(names[:-1]), names[-1]) if len(names) > 1 else names)


def _verdict(rate: Rate) -> str:
    if rate.distinguishable:
        return "B is better" if rate.difference < 0 else "A is better"
    if rate.low > 0 or rate.high < 0:
        return f"no difference shown: fewer than {FEWEST} lines differ"
    return "no difference shown"


def _summary(report: Report) -> str:
    if all(pair.a == pair.b for pair in report.pairs):
        return f"Both runs read every one of the {len(report.pairs)} test lines alike."
    right = report.right
    return (
        f"Of {len(report.pairs)} test lines, {right['both']} are read without error by both, {right['only_a']} by A "
        f"alone, {right['only_b']} by B alone, {right['neither']} by neither."
    )


def _text(report: Report) -> str:
    parts = [f"A  {report.a}", f"B  {report.b}", "", _sentence(report), "", *_aligned((_COLUMNS, *_table(report)), 4)]
    if kinds := _kind_table(report):
        parts += ["", *_aligned((_KIND_COLUMNS, *kinds), 3)]
    parts += ["", _summary(report)]
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    for title, pairs in (("better", report.better), ("worse", report.worse)):
        for place, pair in enumerate(pairs):
            a, b = (_marked(pair.reference, text) if colour else text for text in (pair.a, pair.b))
            parts += ["", f"Lines that B reads {title}, with their edits:"] if place == 0 else []
            parts.append(f"  {pair.edits_a} → {pair.edits_b}  {pair.id}")
            parts += [f"      {label}  {text}".rstrip() for label, text in (("=", pair.reference), ("A", a), ("B", b))]
    return "\n".join((*parts, "", *_NOTE))


def _aligned(rows: Sequence[Sequence[str]], figures: int) -> list[str]:
    """The rows as text, the `figures` columns after the first flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "   ".join(
            cell.rjust(width) if 0 < place <= figures else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _marked(reference: str, prediction: str) -> str:
    """`prediction` with what differs from `reference` in red, and a red underscore where characters are missing."""
    marked = []
    for chunk in jiwer.process_characters(reference, prediction).alignments[0]:
        read = prediction[chunk.hyp_start_idx : chunk.hyp_end_idx]
        marked.append(read if chunk.type == "equal" else f"{_RED}{read or '_'}{_PLAIN}")
    return "".join(marked)


def _json(report: Report) -> str:
    def figures(rates: dict[str, Rate]) -> dict[str, dict]:
        return {
            name: {
                "a": round(rate.a, 3),
                "b": round(rate.b, 3),
                "difference": round(rate.difference, 3),
                "low": round(rate.low, 3),
                "high": round(rate.high, 3),
                "distinguishable": rate.distinguishable,
            }
            for name, rate in rates.items()
        }

    values = {
        "a": report.a._asdict(),
        "b": report.b._asdict(),
        "lines": len(report.pairs),
        "verdict": _sentence(report),
        **figures(report.rates),
        "cer_by_source": figures(report.sources),
        "cer_by_kind": {
            part.kind: {name: round(float(getattr(part, name)), 3) for name in ("a", "b", "difference")}
            for part in report.parts
        },
        "right": report.right,
        "better": [pair._asdict() for pair in report.better],
        "worse": [pair._asdict() for pair in report.worse],
    }
    return json.dumps(values, ensure_ascii=False, indent=2)


def _markdown(report: Report) -> str:
    parts = [f"A is {_code(str(report.a))}, B is {_code(str(report.b))}.", "", _sentence(report), ""]
    parts += [_row(_COLUMNS), _row(("---", "--:", "--:", "--:", ":-:", "---"))]
    parts += [_row(row) for row in _table(report)]
    if kinds := _kind_table(report):
        parts += ["", _row(_KIND_COLUMNS), _row(("---", "--:", "--:", "--:")), *map(_row, kinds)]
    parts += ["", _summary(report)]
    for title, pairs in (("better", report.better), ("worse", report.worse)):
        if pairs:
            parts += ["", f"<details><summary>Lines that B reads {title}</summary>", ""]
            parts += [_row(("edits", "line", "text", "A", "B")), _row(["---"] * 5)]
            parts += [
                _row((f"{pair.edits_a} → {pair.edits_b}", *map(_code, (pair.id, pair.reference, pair.a, pair.b))))
                for pair in pairs
            ]
            parts += ["", "</details>"]
    return "\n".join((*parts, "", f"<sub>{' '.join(_NOTE)}</sub>"))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """`text` as inline code in a table, where nothing in it is taken for Markdown, a mention or a new cell."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}".replace("|", "\\|") if text else "nothing"
