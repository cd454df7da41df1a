"""Stage split: assign every line to training, validation or test, with no writer and no text in two subsets."""

import csv
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path, write_json
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.core.tables import SUBSETS, open_lines, read_rows
from netchu.intake.splitting import NONE, KeyedLines, SplitParams, assign_subsets, count_subsets, read_keys


class Params(Section):
    """Groups of params.yaml."""

    split: SplitParams


INPUTS = {"lines": Path("data/preprocess/lines.parquet")}
OUTPUTS = {"lines": Path("data/split/lines.csv"), "counts": Path("metrics/split.json")}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the subset of every line that is not excluded, in the order of the table, and the counts.

    Raises:
        NetchuError: a subset that should have lines has none.
    """
    lines = read_keys(read_rows(open_lines(inputs["lines"]), ["id", "source", "writer", "subset", "text"]))
    subsets = assign_subsets(lines, params.split)
    counts = count_subsets(lines, subsets)
    overlaps = {key: value for key, value in counts.items() if "_in_" in key and value}
    if overlaps:
        raise AssertionError(f"the subsets overlap: {overlaps}")
    for subset, fraction in (("train", 1), ("validation", params.split.validation), ("test", params.split.test)):
        if fraction and not counts[f"{subset}_lines"]:
            raise NetchuError(f"{inputs['lines']}: no lines left for {subset}, because {_explain(lines, counts)}")
    with atomic_path(outputs["lines"]) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "subset"])
        named = zip(lines.ids, memoryview(subsets), strict=True)
        writer.writerows((line_id, SUBSETS[subset]) for line_id, subset in named if subset != NONE)
    write_json(outputs["counts"], counts)
    sizes = ", ".join(f"{counts[f'{subset}_lines']} {subset}" for subset in SUBSETS)
    return f"{sizes} lines, {counts['excluded']} excluded, no writer and no text in two subsets"


def _explain(lines: KeyedLines, counts: dict[str, int]) -> str:
    """Return why a subset that should have lines has none, and what to do."""
    total = len(lines.ids)
    named = {subset: int((lines.named == index).sum()) for index, subset in enumerate(SUBSETS)}
    which = f"all {total}" if sum(named.values()) == total else f"{sum(named.values())} of {total}"
    if sum(named.values()) + counts["excluded"] >= total > 0:
        sizes = ", ".join(f"{count} {subset}" for subset, count in named.items() if count)
        shared = f", and {counts['excluded']} lines share a writer or a text with them" if counts["excluded"] else ""
        return (
            f"the data itself names the subset of {which} lines ({sizes}){shared}; a folder with the word test in its "
            "name makes its lines test lines, as does the column subset: rename the folder or empty the column, or add "
            "lines"
        )
    return (
        f"lines that share a writer or a text stay together ({total} lines, {counts['groups']} groups); add "
        "lines, or lower split.validation and split.test"
    )


if __name__ == "__main__":
    run_stage("split", run, Params, INPUTS, OUTPUTS)
