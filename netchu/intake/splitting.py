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
    """Group `split` of params.yaml: sizes of the subsets."""

    seed: int = Field(ge=0)
    validation: float = Field(ge=0, lt=1)  # fraction of the lines of sources that name no validation lines
    test: float = Field(ge=0, lt=1)  # fraction of the lines of sources that name no test lines

    @model_validator(mode="after")
    def _leave_training_lines(self) -> "SplitParams":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test should be less than 1, found {self.validation} + {self.test}")
        return self


def assign_subsets(lines: list[dict], params: SplitParams) -> list[str | None]:
    """Return the subset of each line (keys id, source, writer, subset, text), or None for an excluded line.

    Lines that share a writer or a text form a group. All lines of a group are assigned to one subset.

    - Lines that the data names as test lines are test lines. All other lines with one of their writers or texts are
      excluded.
    - Lines that it names as validation lines, and the unnamed lines of their groups, are validation lines. Training
      lines with one of their writers or texts are excluded.
    - The groups that remain are assigned at random (`_assign_groups`).
    """
    test_lines = [line for line in lines if line["subset"] == "test"]
    remaining = _without_keys_of(test_lines, lines)
    # Without the lines named train: a writer must not lose all lines because one text is in the validation set.
    validation_lines = [
        line
        for group in _group_lines(line for line in remaining if line["subset"] != "train")
        if any(line["subset"] == "validation" for line in group)
        for line in group
    ]
    named_subsets = {(line["source"], line["subset"]) for line in lines}
    subsets = _assign_groups(_group_lines(_without_keys_of(validation_lines, remaining)), named_subsets, params)
    subsets |= {line["id"]: "test" for line in test_lines} | {line["id"]: "validation" for line in validation_lines}
    return [subsets.get(line["id"]) for line in lines]


def _assign_groups(
    groups: list[list[dict]], named_subsets: set[tuple[str, str | None]], params: SplitParams
) -> dict[str, str]:
    """Assign groups of lines to subsets at random; return the subset of each line by its id.

    Each source contributes its fraction to every subset, as nearly as the sizes of its groups allow. Lines named train
    do not become test lines.

    Args:
        named_subsets: pairs of a source and a subset for which the data names lines: the source gets no others there.
    """
    # By hash, so that the order of the table does not matter and a line added later moves few of the others.
    groups = sorted(
        groups, key=lambda group: hashlib.sha256(f"{params.seed} {_first_line(group)['id']}".encode()).digest()
    )
    sources: dict[str, list[list[dict]]] = {}
    for group in groups:
        sources.setdefault(_first_line(group)["source"], []).append(group)
    subsets: dict[str, str] = {}
    for subset in ("test", "validation"):
        fraction = getattr(params, subset)
        if not fraction:
            continue
        candidates = [
            (
                [group for group in groups_of_source if _may_become(subset, group, subsets)],
                fraction * sum(map(len, groups_of_source)),
            )
            for source, groups_of_source in sorted(sources.items())
            if (source, subset) not in named_subsets
        ]
        subsets.update((line["id"], subset) for group in _pick_groups(candidates) for line in group)
    return {line["id"]: subsets.get(line["id"], "train") for group in groups for line in group}


def _may_become(subset: str, group: list[dict], subsets: dict[str, str]) -> bool:
    """Return whether `group` is not in `subsets` yet and has no lines named train if `subset` is test."""
    return group[0]["id"] not in subsets and (subset != "test" or all(line["subset"] is None for line in group))


def _group_lines(lines: Iterable[dict]) -> list[list[dict]]:
    """Return the groups of lines that shared writers and texts connect."""
    lines = list(lines)
    groups: dict[int, list[dict]] = {}
    for line, root in zip(lines, find_groups(line_keys(line) for line in lines), strict=True):
        groups.setdefault(root, []).append(line)
    return list(groups.values())


def _without_keys_of(named: list[dict], lines: list[dict]) -> list[dict]:
    """Return the lines that share no writer and no text with the lines `named`."""
    keys = {key for line in named for key in line_keys(line)}
    return [line for line in lines if keys.isdisjoint(line_keys(line))]


def _pick_groups(candidates: list[tuple[list[list[dict]], float]]) -> list[list[dict]]:
    """Return, for each source, the first groups whose total size is nearest to its quota.

    If the groups of a source are too large for its quota, the next source makes up for the difference. If all groups
    are too large, the result is the smallest one.

    Args:
        candidates: for each source, its groups and its quota in lines.
    """
    picked, quota = [], 0.0
    for groups_of_source, quota_of_source in candidates:
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
    return picked or sorted(chain.from_iterable(groups for groups, _ in candidates), key=len)[:1]


def line_keys(line: dict) -> list[tuple]:
    """Return the keys that connect a line with others: its folded text, and its writer if known."""
    writer = [] if line["writer"] is None else [("writer", line["writer"])]
    return [("text", fold(line["text"])), *writer]


def find_groups(keys_of_lines: Iterable[list[tuple]]) -> list[int]:
    """Return for each line the index of the first line that shared keys connect with it (union-find).

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
    keys = {(subset, kind): set() for subset in SUBSETS for kind in ("text", "writer")}
    for line, subset in zip(lines, subsets, strict=True):
        for key in line_keys(line) if subset else ():
            keys[subset, key[0]].add(key)
    sizes = Counter(subsets)
    counts = {"excluded": sizes[None], "groups": len(set(find_groups(line_keys(line) for line in lines)))}
    for subset in SUBSETS:
        counts[f"{subset}_lines"] = sizes[subset]
        counts[f"{subset}_writers"] = len(keys[subset, "writer"])
        counts[f"{subset}_texts"] = len(keys[subset, "text"])
    for first, second in combinations(SUBSETS, 2):
        counts[f"{first}_writers_in_{second}"] = len(keys[first, "writer"] & keys[second, "writer"])
        counts[f"{first}_texts_in_{second}"] = len(keys[first, "text"] & keys[second, "text"])
    return counts


def _first_line(group: list[dict]) -> dict:
    """Return the line with the smallest id."""
    return min(group, key=lambda line: line["id"])
