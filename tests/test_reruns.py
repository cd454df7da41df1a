"""Tests that each parameter reruns its stages and no others, according to DVC."""

import shutil
from pathlib import Path

import networkx
import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
STAGES = ["download", "clean", "preprocess", "split", "train", "decoder", "evaluate"]

# Group of a parameter -> stages that run when it changes; those after the first run only if its outputs change.
RERUNS = {
    "download": STAGES,
    "clean": STAGES[1:],
    "preprocess": STAGES[2:],
    "split": STAGES[3:],
    "labels": STAGES[4:],
    "model": STAGES[4:],
    "train": STAGES[4:],
    "decoder": STAGES[5:],
    "evaluate": STAGES[6:],
}


def leaves(node: dict, path=()) -> list[tuple]:
    """Return the keys of every parameter that is not a group."""
    return [
        leaf
        for key, value in node.items()
        for leaf in (leaves(value, (*path, key)) if isinstance(value, dict) else [(*path, key)])
    ]


def load(name: str) -> dict:
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


VALUES = load("params.yaml")
PARAMETERS = leaves(VALUES)


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    """Return a project in which all stages have run with the current parameters."""
    folder = tmp_path_factory.mktemp("repo")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, folder / name)
    lock = {"schema": "2.0", "stages": {}}
    for name, stage in load("dvc.yaml")["stages"].items():
        groups = {group: VALUES[group] for group in stage["params"]}
        lock["stages"][name] = {"cmd": stage["cmd"], "params": {"params.yaml": groups}}
    with (folder / "dvc.lock").open("w", encoding="utf-8") as file:
        YAML().dump(lock, file)
    return Repo.init(folder, no_scm=True)


def stages_with_changed_parameters(repo: Repo) -> set[str]:
    """Return the stages that DVC would run because of a parameter."""
    return {
        stage.rpartition(":")[2]  # outside its folder, DVC adds the path of dvc.yaml to the name of a stage
        for stage, changes in repo.status().items()
        for change in changes
        if isinstance(change, dict) and "params.yaml" in change.get("changed deps", {})
    }


def downstream(repo: Repo, stages: set[str]) -> list[str]:
    """Return `stages` and all stages that depend on their outputs."""
    graph = repo.index.graph  # with an edge from each stage to the stages it needs
    reached = {
        stage.name
        for stage in graph
        if stages & {needed.name for needed in (stage, *networkx.descendants(graph, stage))}
    }
    return [stage for stage in STAGES if stage in reached]


@pytest.mark.parametrize("path", PARAMETERS, ids=".".join)
def test_reruns_only_the_stages_of_a_parameter(repo, path):
    file = Path(repo.root_dir) / "params.yaml"
    original = file.read_text(encoding="utf-8")
    yaml = YAML()
    values = yaml.load(original)
    group = values
    for key in path[:-1]:
        group = group[key]
    group[path[-1]] = "changed"
    try:
        with file.open("w", encoding="utf-8") as changed:
            yaml.dump(values, changed)
        assert downstream(repo, stages_with_changed_parameters(repo)) == RERUNS[path[0]]
    finally:
        file.write_text(original, encoding="utf-8")


def test_reruns_nothing_for_a_comment(repo):
    file = Path(repo.root_dir) / "params.yaml"
    original = file.read_text(encoding="utf-8")
    file.write_text("# A comment.\n" + original.replace("#", "# changed:"), encoding="utf-8")
    assert stages_with_changed_parameters(repo) == set()
    file.write_text(original, encoding="utf-8")


def test_lists_every_group():
    assert set(RERUNS) == {path[0] for path in PARAMETERS}
