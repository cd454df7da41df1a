"""Assignment of lines to the training, validation and test subsets, with no writer and no text in two of them."""

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
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


TRAIN, VALIDATION, TEST = range(len(SUBSETS))
"""Indices in SUBSETS."""

NONE = -1
"""Instead of an index in SUBSETS: no subset."""


@dataclass(frozen=True)
class KeyedLines:
    """The lines to split, in arrays, because dictionaries for a million lines would need a gigabyte.

    Lines with an equal key share a text or a writer.
    """

    ids: list[str]
    source_names: list[str]
    sources: np.ndarray  # indices in `source_names`
    named: np.ndarray  # the subset that the data names: an index in SUBSETS, or NONE
    texts: np.ndarray  # key of the folded text, from 0
    writers: np.ndarray  # key of the writer, above those of all texts; that of the text if the writer is unknown


def read_keys(rows: Iterable[dict]) -> KeyedLines:
    """Return what the split needs of all rows (keys id, source, writer, subset, text), one in memory at a time."""
    ids: list[str] = []
    hashes, sources, named, writers = array("Q"), array("q"), array("q"), array("q")
    source_indices: dict[str, int] = {}
    writer_indices: dict[str, int] = {}
    for row in rows:
        ids.append(row["id"])
        hashes.append(_hash_text(row["text"]))
        sources.append(source_indices.setdefault(row["source"], len(source_indices)))
        named.append(NONE if row["subset"] is None else SUBSETS.index(row["subset"]))
        writer = row["writer"]
        writers.append(-1 if writer is None else writer_indices.setdefault(writer, len(writer_indices)))
    distinct, texts = np.unique(np.asarray(hashes), return_inverse=True)
    writer_keys = np.asarray(writers)
    writer_keys = np.where(writer_keys < 0, texts, writer_keys + len(distinct))
    return KeyedLines(ids, list(source_indices), np.asarray(sources), np.asarray(named), texts, writer_keys)


def _hash_text(text: str) -> int:
    """Return a hash of the folded text in 64 bits.

    Two of a million texts have one hash with a probability of 3e-8. Their lines would only stay together.
    """
    return int.from_bytes(hashlib.blake2b(fold(text).encode(), digest_size=8).digest(), "little")


def assign_subsets(lines: KeyedLines, params: SplitParams) -> np.ndarray:
    """Return the subset of each line, an index in SUBSETS, or NONE for an excluded line.

    Lines that share a writer or a text form a group. All lines of a group are assigned to one subset.

    - Lines that the data names as test lines are test lines. All other lines with one of their writers or texts are
      excluded.
    - Lines that it names as validation lines, and the unnamed lines of their groups, are validation lines. Training
      lines with one of their writers or texts are excluded.
    - The groups that remain are assigned at random (`_assign_groups`).
    """
    test = lines.named == TEST
    remaining = ~_share_keys(lines, test)
    # Without the lines named train: a writer must not lose all lines because one text is in the validation set.
    candidates = np.flatnonzero(remaining & (lines.named != TRAIN))
    groups = find_groups(lines.texts[candidates], lines.writers[candidates])
    validation = candidates[np.isin(groups, groups[lines.named[candidates] == VALIDATION])]
    subsets = np.full(len(lines.ids), NONE)
    subsets[test], subsets[validation] = TEST, VALIDATION
    remaining &= ~_share_keys(lines, validation)
    # Sorted by id, so that the order of the table does not matter.
    indices = np.array(sorted(np.flatnonzero(remaining).tolist(), key=lines.ids.__getitem__), np.int64)
    subsets[indices] = _assign_groups(lines, indices, params)
    return subsets


def _assign_groups(lines: KeyedLines, indices: np.ndarray, params: SplitParams) -> np.ndarray:
    """Assign groups of lines to subsets at random; return the subset of each of the lines `indices`, sorted by id.

    Each source contributes its fraction to every subset, as nearly as the sizes of its groups allow. Sources for which
    the data names lines of a subset get no others there. Lines named train do not become test lines. The source of a
    group is that of its first line.
    """
    _, first_positions, group_of_line, counts = np.unique(
        find_groups(lines.texts[indices], lines.writers[indices]),
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    first_lines, sizes = indices[first_positions].tolist(), counts.tolist()
    has_named = np.zeros(len(sizes), bool)
    has_named[group_of_line[lines.named[indices] != NONE]] = True
    named_subsets = set(zip(memoryview(lines.sources), memoryview(lines.named), strict=True))
    # By hash, so that a line added later moves few of the others.
    groups_of_sources: list[list[int]] = [[] for _ in lines.source_names]
    for group in sorted(range(len(sizes)), key=lambda group: _hash_id(params.seed, lines.ids[first_lines[group]])):
        groups_of_sources[lines.sources[first_lines[group]]].append(group)
    subsets = np.full(len(sizes), TRAIN)
    for subset in (TEST, VALIDATION):
        fraction = getattr(params, SUBSETS[subset])
        if not fraction:
            continue
        possible = subsets == TRAIN
        if subset == TEST:
            possible &= ~has_named
        candidates = [
            (
                [group for group in groups_of_sources[source] if possible[group]],
                fraction * sum(sizes[group] for group in groups_of_sources[source]),
            )
            for source in sorted(range(len(lines.source_names)), key=lines.source_names.__getitem__)
            if groups_of_sources[source] and (source, subset) not in named_subsets
        ]
        subsets[_pick_groups(candidates, sizes)] = subset
    return subsets[group_of_line]


def _hash_id(seed: int, line_id: str) -> bytes:
    return hashlib.sha256(f"{seed} {line_id}".encode()).digest()


def _share_keys(lines: KeyedLines, chosen: np.ndarray) -> np.ndarray:
    """Return for each line whether it shares a writer or a text with the lines `chosen`, a mask or indices."""
    found = np.zeros(_count_keys(lines.texts, lines.writers), bool)
    found[lines.texts[chosen]] = True
    found[lines.writers[chosen]] = True
    return found[lines.texts] | found[lines.writers]


def _pick_groups(candidates: list[tuple[list[int], float]], sizes: list[int]) -> list[int]:
    """Return, for each source, the first groups whose total size is nearest to its quota.

    What one source contributes does not depend on the others, so that lines of another source move none of its lines.
    But sources of which every group is too large for the quota contribute together: each adds its quota to those before
    it, until a group is small enough. If all groups are too large, the result is the smallest one.

    Args:
        candidates: for each source, its groups and its quota in lines.
        sizes: lines of each group.
    """
    picked, shared_quota = [], 0.0
    for groups_of_source, quota in candidates:
        contributes_alone = any(sizes[group] <= 2 * quota for group in groups_of_source)
        if not contributes_alone:
            quota += shared_quota
        any_left = False
        for group in groups_of_source:
            # A larger group would move the total away from the quota.
            if sizes[group] <= 2 * quota:
                picked.append(group)
                quota -= sizes[group]
            else:
                any_left = True
        if not contributes_alone:
            # A source without enough lines: the next ones need not make up for it.
            shared_quota = quota if any_left else min(quota, 0)
    return picked or sorted(chain.from_iterable(groups for groups, _ in candidates), key=sizes.__getitem__)[:1]


def find_groups(texts: np.ndarray, writers: np.ndarray) -> np.ndarray:
    """Return for each line the smallest key of its group, the lines that shared keys connect with it (union-find).

    >>> find_groups(np.array([0, 1, 1, 2]), np.array([3, 3, 4, 5])).tolist()
    [0, 0, 0, 2]
    """
    parents = list(range(_count_keys(texts, writers)))

    def root(key: int) -> int:
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    for text, writer in zip(memoryview(texts), memoryview(writers), strict=True):
        low, high = sorted((root(text), root(writer)))
        parents[high] = low
    return np.fromiter(map(root, memoryview(texts)), np.int64, len(texts))


def _count_keys(texts: np.ndarray, writers: np.ndarray) -> int:
    """Return the number of keys up to the largest one."""
    return int(max(texts.max(initial=-1), writers.max(initial=-1))) + 1


def count_subsets(lines: KeyedLines, subsets: np.ndarray) -> dict[str, int]:
    """Count lines, writers and texts of each subset, and the writers and texts that two subsets have in common."""
    counts = {
        "excluded": int(np.sum(subsets == NONE)),
        "groups": len(np.unique(find_groups(lines.texts, lines.writers))),
    }
    keys = {}
    for index, subset in enumerate(SUBSETS):
        chosen = subsets == index
        known = chosen & (lines.writers > lines.texts.max(initial=-1))
        keys[subset] = {"writers": np.unique(lines.writers[known]), "texts": np.unique(lines.texts[chosen])}
        counts[f"{subset}_lines"] = int(np.sum(chosen))
        counts |= {f"{subset}_{kind}": len(found) for kind, found in keys[subset].items()}
    for first, second in combinations(SUBSETS, 2):
        for kind, found in keys[first].items():
            counts[f"{first}_{kind}_in_{second}"] = len(np.intersect1d(found, keys[second][kind]))
    return counts
