"""Stage split: says which lines train, validate and test, with no writer and no text in two of the subsets."""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable
from itertools import chain, combinations
from pathlib import Path

from pydantic import Field, model_validator

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path, write_json
from netchu.core.folding import fold
from netchu.core.params import Section
from netchu.core.stage import Paths, run_stage
from netchu.core.tables import SUBSETS, open_lines, read_rows


class SplitParams(Section):
    """How lines are divided, the `split` group of params.yaml."""

    seed: int = Field(ge=0)
    validation: float = Field(ge=0, lt=1)  # fraction of the lines whose subset the data leaves open
    test: float = Field(ge=0, lt=1)  # fraction of the lines whose subset the data leaves open

    @model_validator(mode="after")
    def _leave_lines_to_train(self) -> "SplitParams":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test should be less than 1, found {self.validation} + {self.test}")
        return self


class Params(Section):
    split: SplitParams


INPUTS = {"lines": Path("data/preprocess/lines.parquet")}
OUTPUTS = {"lines": Path("data/split/lines.csv"), "counts": Path("metrics/split.json")}


def run(params: Params, inputs: Paths, outputs: Paths) -> str:
    """Write the subset of every line that has one, in the table's order, and the counts with the subsets' overlap."""
    lines = list(read_rows(open_lines(inputs["lines"]), ["id", "source", "writer", "subset", "text"]))
    subsets = assign(lines, params.split)
    counts = count(lines, subsets)
    overlaps = {key: value for key, value in counts.items() if "_in_" in key and value}
    if overlaps:
        raise AssertionError(f"the subsets overlap: {overlaps}")
    for subset, wanted in (("train", 1), ("validation", params.split.validation), ("test", params.split.test)):
        if wanted and not counts[f"{subset}_lines"]:
            raise NetchuError(
                f"{inputs['lines']}: nothing left for {subset}, as lines that share a writer or a text stay together "
                f"({len(lines)} lines, {counts['groups']} groups); add lines, or lower split.validation and split.test"
            )
    with atomic_path(outputs["lines"]) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "subset"])
        writer.writerows((line["id"], subset) for line, subset in zip(lines, subsets, strict=True) if subset)
    write_json(outputs["counts"], counts)
    sizes = ", ".join(f"{counts[f'{subset}_lines']} {subset}" for subset in SUBSETS)
    return f"{sizes} lines, {counts['excluded']} excluded, no writer and no text in two subsets"


def assign(lines: list[dict], params: SplitParams) -> list[str | None]:
    """The subset of each line (keys id, source, writer, subset, text), None for one that must be left out.

    Where the data names test lines, exactly these are the test set; every other line with the writer or text of one is
    left out. Lines that share a writer or a text form a group, and a group goes to one subset. Where the data names
    validation lines, the lines without a named subset of their groups join them, and lines named train with the writer
    or text of one are left out. Lines named train are never test lines, but may validate where the data names no
    validation lines. What the data leaves open is drawn until the fractions are met, in every source as near as its
    groups allow.
    """
    subsets: dict[str, str] = {line["id"]: "test" for line in lines if line["subset"] == "test"}
    rest = _without_keys_of([line for line in lines if line["subset"] == "test"], lines)
    # Groups without the lines named train: a training line that is left out ties no other lines together.
    for group in _groups(line for line in rest if line["subset"] != "train"):
        if any(line["subset"] == "validation" for line in group):
            subsets.update((line["id"], "validation") for line in group)
    free = _groups(_without_keys_of([line for line in rest if line["id"] in subsets], rest))
    # By a hash, so that the order of the table does not matter, and lines added later move few of the others.
    free.sort(key=lambda group: hashlib.sha256(f"{params.seed} {min(line['id'] for line in group)}".encode()).digest())
    official = {line["subset"] for line in lines}
    # Source by source, so that each has its share in every subset.
    sources: dict[str, list[list[dict]]] = {}
    for group in free:
        sources.setdefault(min(group, key=lambda line: line["id"])["source"], []).append(group)
    for subset in ("test", "validation"):
        fraction = getattr(params, subset)
        if subset in official or not fraction:
            continue
        allowed, quotas = [], []
        for _, groups_of_source in sorted(sources.items()):
            rest = [group for group in groups_of_source if group[0]["id"] not in subsets]
            allowed.append(
                [group for group in rest if subset != "test" or all(line["subset"] is None for line in group)]
            )
            quotas.append(fraction * sum(map(len, groups_of_source)))
        subsets.update((line["id"], subset) for group in draw(allowed, quotas) for line in group)
    subsets.update((line["id"], "train") for group in free for line in group if line["id"] not in subsets)
    return [subsets.get(line["id"]) for line in lines]


def _groups(lines: Iterable[dict]) -> list[list[dict]]:
    """Return the groups of lines that are connected by writers and texts."""
    lines = list(lines)
    groups: dict[int, list[dict]] = {}
    for line, root in zip(lines, connected(keys(line) for line in lines), strict=True):
        groups.setdefault(root, []).append(line)
    return list(groups.values())


def _without_keys_of(excluded: list[dict], lines: list[dict]) -> list[dict]:
    """Return the `lines` that have no writer and no text of the lines `excluded`."""
    taken = {key for line in excluded for key in keys(line)}
    return [line for line in lines if taken.isdisjoint(keys(line))]


def draw(groups: list[list[list[dict]]], quotas: list[float]) -> list[list[dict]]:
    """The first groups of each source that bring its number of lines to its quota, as near as it goes.

    What one source's groups are too large to meet is made up for in the next. At least one group, the smallest of all.
    """
    taken, quota = [], 0.0
    for groups_of_source, quota_of_source in zip(groups, quotas, strict=True):
        quota += quota_of_source
        untaken = False
        for group in groups_of_source:
            # Otherwise the total would be farther from the quota with the group than without it.
            if len(group) <= 2 * quota:
                taken.append(group)
                quota -= len(group)
            else:
                untaken = True
        if not untaken:  # what a source does not have is not for the next to give
            quota = min(quota, 0)
    return taken or sorted(chain.from_iterable(groups), key=len)[:1]


def keys(line: dict) -> list[tuple]:
    """What ties a line to others: its text, without case and punctuation, and its writer, where known."""
    writer = [] if line["writer"] is None else [("writer", line["writer"])]
    return [("text", fold(line["text"])), *writer]


def connected(keys_of_lines: Iterable[list[tuple]]) -> list[int]:
    """For each line the index of the first one that it is connected with through shared keys (union-find)."""
    parents: list[int] = []
    first: dict[tuple, int] = {}

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for index, shared in enumerate(keys_of_lines):
        parents.append(index)
        for key in shared:
            low, high = sorted((root(index), root(first.setdefault(key, index))))
            parents[high] = low
    return [root(index) for index in range(len(parents))]


def count(lines: list[dict], subsets: list[str | None]) -> dict[str, int]:
    """Lines, writers and texts of each subset, and how many writers and texts each two subsets have in common."""
    found = {(subset, kind): set() for subset in SUBSETS for kind in ("text", "writer")}
    for line, subset in zip(lines, subsets, strict=True):
        for key in keys(line) if subset else ():
            found[subset, key[0]].add(key)
    sizes = Counter(subsets)
    counts = {"excluded": sizes[None], "groups": len(set(connected(keys(line) for line in lines)))}
    for subset in SUBSETS:
        counts[f"{subset}_lines"] = sizes[subset]
        counts[f"{subset}_writers"] = len(found[subset, "writer"])
        counts[f"{subset}_texts"] = len(found[subset, "text"])
    for one, other in combinations(SUBSETS, 2):
        counts[f"{one}_writers_in_{other}"] = len(found[one, "writer"] & found[other, "writer"])
        counts[f"{one}_texts_in_{other}"] = len(found[one, "text"] & found[other, "text"])
    return counts


if __name__ == "__main__":
    run_stage("split", run, Params, INPUTS, OUTPUTS)
