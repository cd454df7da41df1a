"""Tests that `dvc repro` recovers after a kill (kill -9 of all its processes) in every stage."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from functools import reduce
from operator import getitem

import pytest
from ruamel.yaml import YAML

from tests.test_experiments import hashes
from tests.workspace import ENVIRONMENT, ROOT, TINY, commit, copy_project, run

STAGES = list(YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])

SECONDS = {"train": 6.0, "decoder": 2.0, "evaluate": 2.0}
"""Seconds that a stage takes on two idle cores, including the time for its outputs in DVC's cache; others take one.

The times only distribute the kills over each stage: a kill after the end of the stage is repeated earlier.
"""

_RANDOM = random.Random(5)
MOMENTS = [
    (stage, round(_RANDOM.uniform(0, SECONDS.get(stage, 1.0)), 2))
    for stage in sorted(STAGES + _RANDOM.choices(STAGES, k=10 - len(STAGES)), key=STAGES.index)
]
"""Ten kills: the stage, and the seconds after DVC has started it."""


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    """Return a folder of projects: for each stage one in which those before it have run, and "done" with all run."""
    folder = tmp_path_factory.mktemp("snapshots")
    project = copy_project(folder / "done")
    yaml = YAML()
    parameters = yaml.load((project / "params.yaml").read_text(encoding="utf-8"))
    for path, value in TINY.items():
        *groups, name = path.split(".")
        reduce(getitem, groups, parameters)[name] = YAML(typ="safe").load(str(value))
    with (project / "params.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(parameters, file)
    commit(project, "tiny")
    for stage in STAGES:
        shutil.copytree(project, folder / stage)
        run(project, "dvc", "repro", "--single-item", stage)
    return folder


@pytest.mark.parametrize("stage, seconds", MOMENTS)
def test_repeats_a_killed_stage_with_the_same_result(snapshots, tmp_path, stage, seconds):
    project = tmp_path / "project"
    shutil.copytree(snapshots / stage, project)
    while not kill_repro(project, stage, seconds):
        shutil.rmtree(project)
        shutil.copytree(snapshots / stage, project)
        seconds /= 2
    damaged = restore_damaged_lock(project)
    output = run(project, "dvc", "repro")
    following = STAGES[STAGES.index(stage) :]
    # No finished stage runs again.
    assert damaged or re.findall("Running stage '(.+)'", output) in (following, following[1:])
    assert hashes(project) == hashes(snapshots / "done")
    assert (project / "dvc.lock").read_text() == (snapshots / "done" / "dvc.lock").read_text()
    assert "Running stage" not in run(project, "dvc", "repro")


def restore_damaged_lock(project) -> bool:
    """Restore dvc.lock from git, and return True, if DVC cannot read it: DVC writes it in place, and was killed."""
    done = subprocess.run(["dvc", "status"], cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    damaged = done.returncode != 0 and "dvc.lock" in done.stderr
    if damaged:
        run(project, "git", "checkout", "dvc.lock")
    return damaged


def kill_repro(project, stage: str, seconds: float) -> bool:
    """Run `dvc repro` and kill it `seconds` after the start of `stage`; return False if the stage ended before."""
    process = subprocess.Popen(
        ["dvc", "repro"], cwd=project, env=ENVIRONMENT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    line = ""
    while f"Running stage '{stage}'" not in line:
        line = process.stdout.readline()
        assert line, f"dvc repro ended before stage {stage}"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    rest = process.communicate()[0]
    return process.returncode == -signal.SIGKILL and "Running stage" not in rest


def test_repeats_finished_stages_with_the_same_result_after_dvc_lock_is_restored(snapshots, tmp_path):
    project = shutil.copytree(snapshots / "done", tmp_path / "project")
    lock = project / "dvc.lock"
    text = lock.read_text()
    lock.write_text("")
    assert restore_damaged_lock(project)
    run(project, "dvc", "repro")
    assert hashes(project) == hashes(snapshots / "done") and lock.read_text() == text


def test_names_a_damaged_rwlock_that_can_be_deleted(snapshots):
    """DVC writes this file in place, too."""
    project = snapshots / "done"
    lock = project / ".dvc" / "tmp" / "rwlock"
    lock.write_text('{"write": {')
    done = subprocess.run(["dvc", "repro"], cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode and ".dvc/tmp/rwlock" in done.stderr
    lock.unlink()
    assert "Running stage" not in run(project, "dvc", "repro")
