"""Assignment of lines to the training, validation and test subsets, with no writer and no text in two of them."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from itertools import chain, combinations

from pydantic import Field, model_validator

from netchu.core.folding import fold
from netchu.core.params import Section
from netchu.core.tables import SUBSETS


class SplitParams(Section):
    """Sizes of the subsets, the `split` group of params.yaml."""

    seed: int = Field(ge=0)
    validation: float = Field(ge=0, lt=1)  # fraction of the lines whose subset the data leaves open
    test: float = Field(ge=0, lt=1)  # fraction of the lines whose subset the data leaves open

    @model_validator(mode="after")
    def _leave_training_lines(self) -> "SplitParams":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test should be less than 1, found {self.validation} + {self.test}")
        return self


def assign_subsets(lines: list[dict], params: SplitParams) -> list[str | None]:
    """Return the subset of each line (keys id, source, writer, subset, text), or None for an excluded line.

    Lines that share a writer or a text form a group, and all lines of a group are assigned to one subset.

    - If the data names test lines, exactly these are the test set. All other lines with a writer or text of the test
      set are excluded.
    - If it names validation lines, they and the unnamed lines of their groups are the validation set. Training lines
      with a writer or text of the validation set are excluded.
    - Lines named train are never test lines, but can be validation lines if their source names none.
    - The groups that remain are assigned at random until the fractions of `params` are met, in every source as nearly
      as the sizes of its groups allow. A source that names lines of a subset gets no others in that subset.
    """
    test_lines = [line for line in lines if line["subset"] == "test"]
    remaining = _without_keys_of(test_lines, lines)
    # Excluded lines connect nothing: a writer keeps all lines but those whose texts are in the validation set.
    validation_lines = [
        line
        for group in _group_lines(line for line in remaining if line["subset"] != "train")
        if any(line["subset"] == "validation" for line in group)
        for line in group
    ]
    free_groups = _group_lines(_without_keys_of(validation_lines, remaining))
    subsets = {line["id"]: "test" for line in test_lines} | {line["id"]: "validation" for line in validation_lines}
    # By hash, so that the order of the table does not matter and lines added later move few of the others.
    free_groups.sort(key=lambda group: hashlib.sha256(f"{params.seed} {_first_line(group)['id']}".encode()).digest())
    # Source by source, so that each has its share in every subset.
    sources: dict[str, list[list[dict]]] = {}
    for group in free_groups:
        sources.setdefault(_first_line(group)["source"], []).append(group)
    named_subsets = {(line["source"], line["subset"]) for line in lines}
    for subset in ("test", "validation"):
        fraction = getattr(params, subset)
        if not fraction:
            continue
        candidates, quotas = [], []
        for source, groups_of_source in sorted(sources.items()):
            if (source, subset) in named_subsets:
                continue
            unassigned = [group for group in groups_of_source if group[0]["id"] not in subsets]
            candidates.append(
                [group for group in unassigned if subset != "test" or all(line["subset"] is None for line in group)]
            )
            quotas.append(fraction * sum(map(len, groups_of_source)))
        subsets.update((line["id"], subset) for group in pick_groups(candidates, quotas) for line in group)
    subsets.update((line["id"], "train") for group in free_groups for line in group if line["id"] not in subsets)
    return [subsets.get(line["id"]) for line in lines]


def _group_lines(lines: Iterable[dict]) -> list[list[dict]]:
    """Return the groups of lines that writers and texts connect."""
    lines = list(lines)
    groups: dict[int, list[dict]] = {}
    for line, root in zip(lines, find_groups(line_keys(line) for line in lines), strict=True):
        groups.setdefault(root, []).append(line)
    return list(groups.values())


def _without_keys_of(named: list[dict], lines: list[dict]) -> list[dict]:
    """Return the lines that share no writer and no text with the lines `named`."""
    keys = {key for line in named for key in line_keys(line)}
    return [line for line in lines if keys.isdisjoint(line_keys(line))]


def pick_groups(groups: list[list[list[dict]]], quotas: list[float]) -> list[list[dict]]:
    """Return the first groups of each source whose total size is nearest to the source's quota of lines.

    If the groups of a source are too large for its quota, the next source makes up for the difference. The result has
    at least one group: the smallest of all.
    """
    picked, quota = [], 0.0
    for groups_of_source, quota_of_source in zip(groups, quotas, strict=True):
        quota += quota_of_source
        any_left = False
        for group in groups_of_source:
            # A larger group would move the total away from the quota.
            if len(group) <= 2 * quota:
                picked.append(group)
                quota -= len(group)
            else:
                any_left = True
        if not any_left:  # a source without enough lines: the next ones need not make up for it
            quota = min(quota, 0)
    return picked or sorted(chain.from_iterable(groups), key=len)[:1]


def line_keys(line: dict) -> list[tuple]:
    """Return the keys that connect a line with others: its folded text, and its writer if known."""
    writer = [] if line["writer"] is None else [("writer", line["writer"])]
    return [("text", fold(line["text"])), *writer]


def find_groups(keys_of_lines: Iterable[list[tuple]]) -> list[int]:
    """Return, for each line, the index of the first line to which shared keys connect it (union-find).

    >>> find_groups([["a"], ["b"], ["b", "c"], ["c"]])
    [0, 1, 1, 1]
    """
    parents: list[int] = []
    first: dict[tuple, int] = {}

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    for index, keys in enumerate(keys_of_lines):
        parents.append(index)
        for key in keys:
            low, high = sorted((root(index), root(first.setdefault(key, index))))
            parents[high] = low
    return [root(index) for index in range(len(parents))]


def count_subsets(lines: list[dict], subsets: list[str | None]) -> dict[str, int]:
    """Count lines, writers and texts of each subset, and the writers and texts that two subsets have in common."""
    found = {(subset, kind): set() for subset in SUBSETS for kind in ("text", "writer")}
    for line, subset in zip(lines, subsets, strict=True):
        for key in line_keys(line) if subset else ():
            found[subset, key[0]].add(key)
    sizes = Counter(subsets)
    counts = {"excluded": sizes[None], "groups": len(set(find_groups(line_keys(line) for line in lines)))}
    for subset in SUBSETS:
        counts[f"{subset}_lines"] = sizes[subset]
        counts[f"{subset}_writers"] = len(found[subset, "writer"])
        counts[f"{subset}_texts"] = len(found[subset, "text"])
    for first, second in combinations(SUBSETS, 2):
        counts[f"{first}_writers_in_{second}"] = len(found[first, "writer"] & found[second, "writer"])
        counts[f"{first}_texts_in_{second}"] = len(found[first, "text"] & found[second, "text"])
    return counts


def _first_line(group: list[dict]) -> dict:
    """Return the line with the smallest id."""
    return min(group, key=lambda line: line["id"])
