"""`python -m netchu compare`: compares two runs on the same test lines, and reports if one is better."""

import argparse
from collections.abc import Sequence

from netchu.commands.comparison_report import ComparisonReport, format_json, format_markdown, format_text
from netchu.experiments.comparison import LinePair, compare_rates, group_by_correctness, pair_lines, parse_predictions
from netchu.experiments.explanation import split_cer_by_kind
from netchu.experiments.revisions import WORKSPACE, find_revision, read_file
from netchu.experiments.runs import PREDICTIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`; their help has a translation in netchu.commands.language."""
    parser.add_argument("a", metavar="A", help="commit, branch, tag or experiment: the run to compare with")
    parser.add_argument("b", metavar="B", nargs="?", default=WORKSPACE, help="the other run (default: the workspace)")
    parser.add_argument("--format", choices=("text", "json", "md"), default="text", help="md: for a pull request")
    parser.add_argument("--lines", metavar="N", type=int, default=5, help="lines shown, better and worse (default: 5)")


def run(arguments: argparse.Namespace) -> int:
    """Print the comparison; raise NetchuError if a run has no predictions or their test lines differ."""
    revisions = [find_revision(name) for name in (arguments.a, arguments.b)]
    predictions = [
        parse_predictions(read_file(revision, PREDICTIONS), f"{PREDICTIONS} of {revision}") for revision in revisions
    ]
    pairs = pair_lines(*predictions, tuple(map(str, revisions)))
    sources = sorted({pair.source for pair in pairs})
    report = ComparisonReport(
        *revisions,
        pairs,
        rates=compare_rates(pairs),
        sources={source: compare_rates([pair for pair in pairs if pair.source == source])["cer"] for source in sources}
        if len(sources) > 1
        else {},
        parts=split_cer_by_kind(pairs),
        right={name: len(lines) for name, lines in group_by_correctness(pairs).items()},
        better=_find_most_changed(pairs, -1, arguments.lines),
        worse=_find_most_changed(pairs, 1, arguments.lines),
    )
    print({"text": format_text, "json": format_json, "md": format_markdown}[arguments.format](report))
    return 0


def _find_most_changed(pairs: Sequence[LinePair], sign: int, count: int) -> list[LinePair]:
    """Return the lines with the largest change of edits: more edits (`sign` 1) or fewer (-1); at most `count` lines.

    Of equal changes, lines with fewer edits come first.
    """
    changed = [pair for pair in pairs if sign * (pair.edits_b - pair.edits_a) > 0]
    changed.sort(key=lambda pair: (sign * (pair.edits_a - pair.edits_b), min(pair.edits_a, pair.edits_b), pair.id))
    return changed[: max(count, 0)]
