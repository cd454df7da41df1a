"""The runs that a project keeps: the workspace, DVC experiments, branches, tags and commits, each with its figures."""

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
from netchu.experiments.revisions import EXPERIMENT, WORKSPACE, Revision, git, references

METRICS, PARAMS, PREDICTIONS = "metrics/metrics.json", "params.yaml", "metrics/predictions.csv"

_REMOTE_HEAD = re.compile("refs/remotes/[^/]+/HEAD")
"""In a clone, another name of the remote's main branch."""

KINDS = (WORKSPACE, "branch", "tag", "experiment", "commit")
"""What a run is; of several names of one run the earliest kind is shown."""

COMMITS = 20
"""Commits without a name of their own that are listed: the latest that changed the metrics."""


class Run(NamedTuple):
    """Results that lie in the workspace or in git."""

    label: str  # of no other run
    kind: str  # one of KINDS
    revision: Revision
    others: tuple[str, ...]  # further names of the same results
    time: int  # seconds since 1970 at which they were first committed, or, in the workspace, written
    subject: str  # first line of that commit's message
    metrics: dict[str, float]  # of metrics/metrics.json; empty where it is damaged
    params: dict[str, object]  # of params.yaml, by dotted keys; empty where it is damaged
    predictions: bool  # whether it has metrics/predictions.csv


def list_runs() -> list[Run]:
    """The runs of the project in the current folder: the workspace, then the others, the newest first.

    Commits with the same metrics, parameters and predictions are one run. What has no metrics is left out. Read from
    git itself, which takes milliseconds where `dvc exp show` takes seconds. Without git the workspace is the only run;
    raises NetchuError where that has no metrics either.
    """
    workspace = _workspace()
    try:
        names = _names()
    except NetchuError:
        if not workspace:
            raise
        return workspace
    # One question a file and commit, one answer a line: `<object> blob <bytes>`, or that there is none.
    questions = [f"{commit}:./{path}" for commit in names for path in (METRICS, PARAMS, PREDICTIONS)]
    answers = [line.split() for line in _ask("--batch-check", questions).decode("utf-8", "replace").split("\n")]
    blobs = [words[0] if words[1:2] == ["blob"] else "" for words in answers]
    found = {commit: blobs[3 * place : 3 * place + 3] for place, commit in enumerate(names)}
    found = {commit: blobs for commit, blobs in found.items() if blobs[0]}
    described = _commits(found)
    found = {commit: found[commit] for commit in described}  # a tag may name a tree
    texts = _contents({blob for metrics, params, _ in found.values() for blob in (metrics, params) if blob})
    results: dict[tuple, list[str]] = {}
    for commit, (metrics, params, predictions) in found.items():
        # By value, so that another comment in params.yaml makes no other run.
        values = tuple(_parameters(texts.get(params, "")).items())
        results.setdefault((metrics, predictions, repr(values)), []).append(commit)
    runs = []
    for commits in results.values():
        known = sorted((KINDS.index(kind), *name, commit) for commit in commits for kind, *name in names[commit])
        kind, _, name, commit = known[0]
        time, subject = min(described[commit] for commit in commits)
        others = tuple(dict.fromkeys(other for place, _, other, _ in known[1:] if KINDS[place] != "commit"))
        metrics, params, predictions = found[commit]
        figures = _numbers(texts[metrics]), _parameters(texts.get(params, ""))
        runs.append(Run(name, KINDS[kind], Revision(name, commit), others, time, subject, *figures, bool(predictions)))
    runs.sort(key=lambda run: (-run.time, run.label))
    return _distinct([*workspace, *runs])


def parameters_that_differ(runs: Iterable[Run]) -> list[str]:
    """The dotted keys of params.yaml that not all of the runs have with one value, sorted."""
    every = [run.params for run in runs]
    keys = sorted({key for params in every for key in params})
    return [key for key in keys if any(params.get(key) != every[0].get(key) for params in every)]


def _names() -> dict[str, list[tuple[str, bool, str]]]:
    """Every commit that may be a run, with its names: of each the kind, whether it is a remote's, and the name."""
    names: dict[str, list[tuple[str, bool, str]]] = {}
    for reference, commit in references().items():
        if _REMOTE_HEAD.fullmatch(reference):
            continue
        if match := EXPERIMENT.fullmatch(reference):
            names.setdefault(commit, []).append(("experiment", False, match[3]))
        for folder, kind in (("refs/heads/", "branch"), ("refs/remotes/", "branch"), ("refs/tags/", "tag")):
            if reference.startswith(folder):
                remote = folder == "refs/remotes/"
                names.setdefault(commit, []).append((kind, remote, reference.removeprefix(folder)))
    # Without a commit yet, git log fails and lists nothing.
    for commit in git("log", f"-{COMMITS}", "--no-show-signature", "--format=%H", "--", METRICS).stdout.split():
        names.setdefault(commit, [])
    for commit, found in names.items():
        found.append(("commit", False, commit[:7]))
    return names


def _ask(mode: str, questions: Iterable[str]) -> bytes:
    """What `git cat-file` answers to questions, one a line."""
    return git("cat-file", mode, text=False, given="\n".join(questions).encode()).stdout


def _contents(blobs: Iterable[str]) -> dict[str, str]:
    """The text of each blob."""
    wanted = list(blobs)
    answer, texts, start = _ask("--batch", wanted), {}, 0
    for blob in wanted:
        # `<object> blob <bytes>`, a newline, the content, a newline.
        end = answer.index(b"\n", start)
        size = int(answer[start:end].split()[2])
        texts[blob] = answer[end + 1 : end + 1 + size].decode("utf-8", "replace")
        start = end + size + 2
    return texts


def _commits(commits: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Seconds since 1970 and the subject of each commit."""
    wanted = "\n".join(commits)
    if not wanted:
        return {}
    options = ("--no-walk", "--no-show-signature", "--stdin", "--format=%H %ct %s")
    lines = git("log", *options, given=wanted).stdout.removesuffix("\n").split("\n")
    return {commit: (int(time), subject) for commit, time, subject in (line.split(" ", 2) for line in lines)}


def _workspace() -> list[Run]:
    try:
        metrics, params = (Path(path).read_text(encoding="utf-8", errors="replace") for path in (METRICS, PARAMS))
        time = int(Path(METRICS).stat().st_mtime)
    except OSError:
        return []
    figures = _numbers(metrics), _parameters(params)
    return [Run(WORKSPACE, WORKSPACE, Revision(WORKSPACE, None), (), time, "", *figures, Path(PREDICTIONS).is_file())]


def _distinct(runs: list[Run]) -> list[Run]:
    """The runs with their commits in the labels that several of them have."""
    labels = [run.label for run in runs]
    return [
        run._replace(label=str(run.revision)) if labels.count(run.label) > 1 and run.revision.commit else run
        for run in runs
    ]


def _numbers(text: str) -> dict[str, float]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: value for key, value in values.items() if type(value) in (int, float) and math.isfinite(value)}


@functools.lru_cache(maxsize=4096)
def _parameters(text: str) -> dict[str, object]:
    try:
        return dict(_flatten("", YAML(typ="safe", pure=True).load(text)))
    except (ValueError, YAMLError):
        return {}


def _flatten(prefix: str, value: object) -> Iterable[tuple[str, object]]:
    if not isinstance(value, dict):
        return [(prefix, value)] if prefix else []
    return [pair for key, child in value.items() for pair in _flatten(f"{prefix}.{key}" if prefix else str(key), child)]
