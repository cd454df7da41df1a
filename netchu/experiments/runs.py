"""Lists the runs of a project: the workspace, DVC experiments, branches, tags and commits, each with its results."""

import functools
import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from netchu.core.errors import NetchuError
from netchu.experiments.revisions import EXPERIMENT_REFERENCE, WORKSPACE, Revision, list_references, run_git

METRICS, PARAMS, PREDICTIONS = "metrics/metrics.json", "params.yaml", "metrics/predictions.csv"

RUN_KINDS = (WORKSPACE, "branch", "tag", "experiment", "commit")
"""Kinds of runs, by the place where they are stored. A run with several names has the first of their kinds."""

LISTED_COMMITS = 20
"""Commits without another name that are listed: the latest that changed the metrics."""

_REMOTE_HEAD = re.compile("refs/remotes/[^/]+/HEAD")
"""In a clone, another name of the remote's main branch."""


class Run(NamedTuple):
    """Results in the workspace or in git."""

    label: str  # unique
    kind: str  # one of RUN_KINDS
    revision: Revision
    other_names: tuple[str, ...]  # of the same results
    time: int  # seconds since 1970 when they were first committed or, in the workspace, written
    subject: str  # first line of that commit's message
    metrics: dict[str, float]  # of metrics/metrics.json; empty where it is damaged
    params: dict[str, object]  # of params.yaml, by dotted keys; empty where it is damaged
    predictions: bool  # whether it has metrics/predictions.csv


class _Blobs(NamedTuple):
    """The git objects of a commit's files; "" where it has no such file."""

    metrics: str
    params: str
    predictions: str


class _Name(NamedTuple):
    """A name of a commit; names sort in the order in which they are shown."""

    kind: int  # index in RUN_KINDS
    remote: bool  # a branch of a remote
    name: str


def list_runs() -> list[Run]:
    """Return the runs of the project in the current folder: the workspace, then the others, the newest first.

    Commits with the same metrics, parameters and predictions are one run. Commits without metrics are left out. All is
    read from git itself, which takes milliseconds where `dvc exp show` takes seconds. Without git, the workspace is the
    only run.

    Raises:
        NetchuError: git fails, and the workspace has no metrics either.
    """
    workspace = _read_workspace()
    try:
        names = _list_names()
    except NetchuError:
        if not workspace:
            raise
        return workspace
    blobs = {commit: found for commit, found in _find_blobs(names).items() if found.metrics}
    commits = _describe_commits(blobs)
    blobs = {commit: blobs[commit] for commit in commits}  # without tags that name a tree
    texts = _read_blobs({blob for found in blobs.values() for blob in (found.metrics, found.params) if blob})
    same_results: dict[tuple, list[str]] = {}
    for commit, found in blobs.items():
        # By value, so that another comment in params.yaml does not make another run.
        values = repr(tuple(_parse_params(texts.get(found.params, "")).items()))
        same_results.setdefault((found.metrics, found.predictions, values), []).append(commit)
    runs = []
    for equal_commits in same_results.values():
        (first, commit), *other_names = sorted((name, commit) for commit in equal_commits for name in names[commit])
        time, subject = min(commits[commit] for commit in equal_commits)
        found = blobs[commit]
        runs.append(
            Run(
                label=first.name,
                kind=RUN_KINDS[first.kind],
                revision=Revision(first.name, commit),
                other_names=tuple(
                    dict.fromkeys(alias.name for alias, _ in other_names if RUN_KINDS[alias.kind] != "commit")
                ),
                time=time,
                subject=subject,
                metrics=_parse_metrics(texts[found.metrics]),
                params=_parse_params(texts.get(found.params, "")),
                predictions=bool(found.predictions),
            )
        )
    runs.sort(key=lambda run: (-run.time, run.label))
    return _make_labels_unique([*workspace, *runs])


def find_differing_parameters(runs: Iterable[Run]) -> list[str]:
    """Return the dotted keys of params.yaml whose value is not the same in all runs, sorted."""
    params = [run.params for run in runs]
    keys = sorted({key for values in params for key in values})
    return [key for key in keys if any(values.get(key) != params[0].get(key) for values in params)]


def _list_names() -> dict[str, list[_Name]]:
    """Return the names of every commit that may be a run."""
    names: dict[str, list[_Name]] = {}

    def add(commit: str, kind: str, name: str, remote: bool = False) -> None:
        names.setdefault(commit, []).append(_Name(RUN_KINDS.index(kind), remote, name))

    for reference, commit in list_references().items():
        if _REMOTE_HEAD.fullmatch(reference):
            continue
        if match := EXPERIMENT_REFERENCE.fullmatch(reference):
            add(commit, "experiment", match[3])
        for folder, kind in (("refs/heads/", "branch"), ("refs/remotes/", "branch"), ("refs/tags/", "tag")):
            if reference.startswith(folder):
                add(commit, kind, reference.removeprefix(folder), folder == "refs/remotes/")
    # In a repository without a commit, git log fails and lists nothing.
    log = run_git("log", f"-{LISTED_COMMITS}", "--no-show-signature", "--format=%H", "--", METRICS).stdout
    for commit in dict.fromkeys([*names, *log.split()]):
        add(commit, "commit", commit[:7])
    return names


def _find_blobs(commits: Iterable[str]) -> dict[str, _Blobs]:
    """Return the git objects of the results of each commit."""
    commits = list(commits)
    queries = [f"{commit}:./{path}" for commit in commits for path in (METRICS, PARAMS, PREDICTIONS)]
    # One line for each query: `<object> blob <bytes>`, or that there is none.
    lines = [line.split() for line in _query_objects("--batch-check", queries).decode("utf-8", "replace").split("\n")]
    blobs = [words[0] if words[1:2] == ["blob"] else "" for words in lines]
    return {commit: _Blobs(*blobs[3 * index : 3 * index + 3]) for index, commit in enumerate(commits)}


def _read_blobs(blobs: Iterable[str]) -> dict[str, str]:
    """Return the text of each git object."""
    blobs = list(blobs)
    output, texts, start = _query_objects("--batch", blobs), {}, 0
    for blob in blobs:
        # `<object> blob <bytes>`, a newline, the content, a newline.
        end = output.index(b"\n", start)
        size = int(output[start:end].split()[2])
        texts[blob] = output[end + 1 : end + 1 + size].decode("utf-8", "replace")
        start = end + size + 2
    return texts


def _query_objects(mode: str, queries: Iterable[str]) -> bytes:
    """Return the output of `git cat-file` for queries, one a line."""
    return run_git("cat-file", mode, text=False, stdin="\n".join(queries).encode()).stdout


def _describe_commits(commits: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return the time (seconds since 1970) and the subject of each commit."""
    wanted = "\n".join(commits)
    if not wanted:
        return {}
    options = ("--no-walk", "--no-show-signature", "--stdin", "--format=%H %ct %s")
    lines = run_git("log", *options, stdin=wanted).stdout.removesuffix("\n").split("\n")
    return {commit: (int(time), subject) for commit, time, subject in (line.split(" ", 2) for line in lines)}


def _read_workspace() -> list[Run]:
    """Return the run of the workspace; none where it has no metrics."""
    try:
        metrics, params = (Path(path).read_text(encoding="utf-8", errors="replace") for path in (METRICS, PARAMS))
        time = int(Path(METRICS).stat().st_mtime)
    except OSError:
        return []
    values = _parse_metrics(metrics), _parse_params(params)
    return [Run(WORKSPACE, WORKSPACE, Revision(WORKSPACE, None), (), time, "", *values, Path(PREDICTIONS).is_file())]


def _make_labels_unique(runs: list[Run]) -> list[Run]:
    """Add their commits to labels that several runs have."""
    labels = [run.label for run in runs]
    return [
        run._replace(label=str(run.revision)) if labels.count(run.label) > 1 and run.revision.commit else run
        for run in runs
    ]


def _parse_metrics(text: str) -> dict[str, float]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if type(value) in (int, float) and math.isfinite(value)}


@functools.lru_cache(maxsize=4096)
def _parse_params(text: str) -> dict[str, object]:
    try:
        return dict(_flatten("", YAML(typ="safe", pure=True).load(text)))
    except (ValueError, YAMLError):
        return {}


def _flatten(prefix: str, value: object) -> Iterable[tuple[str, object]]:
    """Return the leaves of nested mappings with their dotted keys."""
    if not isinstance(value, dict):
        return [(prefix, value)] if prefix else []
    return [pair for key, child in value.items() for pair in _flatten(f"{prefix}.{key}" if prefix else str(key), child)]
