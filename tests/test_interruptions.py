"""Tests that runs which were killed (kill -9 of all their processes) are repeated with the same result.

`benchmarks.interruptions` does the same at more moments.
"""

import json
import random
import re
import shutil
import subprocess

import pytest
from ruamel.yaml import YAML

from benchmarks.interruptions import (
    KINDS,
    hash_files,
    interrupt,
    restore_damaged_lock,
    run_and_kill,
    set_parameters,
)
from benchmarks.tiny_project import ENVIRONMENT, ROOT, TINY, commit, copy_project, run
from netchu.teaching.run_state import RUNS, Result

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
    set_parameters(project, TINY)
    commit(project, "tiny")
    for stage in STAGES:
        shutil.copytree(project, folder / stage)
        run(project, "dvc", "repro", "--single-item", stage)
    return folder


@pytest.mark.parametrize("stage, seconds", MOMENTS)
def test_repeats_a_killed_stage_with_the_same_result(snapshots, tmp_path, stage, seconds):
    project = tmp_path / "project"
    shutil.copytree(snapshots / stage, project)
    repro = KINDS["repro"]._replace(ready=f"Running stage '{stage}'")
    while not _is_killed_in(stage, run_and_kill(repro, project, seconds)):
        shutil.rmtree(project)
        shutil.copytree(snapshots / stage, project)
        seconds /= 2
    damaged = restore_damaged_lock(project)
    output = run(project, "dvc", "repro")
    following = STAGES[STAGES.index(stage) :]
    # No finished stage runs again.
    assert damaged or re.findall("Running stage '(.+)'", output) in (following, following[1:])
    assert hash_outputs(project) == hash_outputs(snapshots / "done")
    assert (project / "dvc.lock").read_text() == (snapshots / "done" / "dvc.lock").read_text()
    assert "Running stage" not in run(project, "dvc", "repro")


def _is_killed_in(stage: str, killed_run) -> bool:
    return killed_run.killed and killed_run.output.rpartition("Running stage")[2].startswith(f" '{stage}'")


def hash_outputs(project) -> dict[str, str]:
    return hash_files(project, "data", "models", "metrics")


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.4])
def test_adopts_after_kill(finished, tmp_path, seconds):
    snapshot = tmp_path / "snapshot"
    shutil.copytree(finished, snapshot, symlinks=True)
    folder = snapshot / RUNS / "teach-20300101-000000"
    shutil.copytree(snapshot / "models" / "reader", folder / "reader")
    (folder / "log.txt").touch()
    (folder / "result.json").write_text(json.dumps(Result(5.0, 4.0, -5.0, -1.0, True, 10, 40)._asdict()))
    KINDS["adopt"].prepare(snapshot)
    whole = shutil.copytree(snapshot, tmp_path / "whole", symlinks=True)
    run_and_kill(KINDS["adopt"], whole, None)
    expected = KINDS["adopt"].results(whole)
    assert "models/adopted/teaching.json" in expected
    interruption = interrupt("adopt", snapshot, tmp_path / "killed", seconds, expected)
    assert not interruption.different and not interruption.steps


def test_repeats_finished_stages_with_the_same_result_after_dvc_lock_is_restored(snapshots, tmp_path):
    project = shutil.copytree(snapshots / "done", tmp_path / "project")
    lock = project / "dvc.lock"
    text = lock.read_text()
    lock.write_text("")
    assert restore_damaged_lock(project)
    run(project, "dvc", "repro")
    assert hash_outputs(project) == hash_outputs(snapshots / "done") and lock.read_text() == text


def test_names_a_damaged_rwlock_that_can_be_deleted(snapshots):
    """DVC writes this file in place, too."""
    project = snapshots / "done"
    lock = project / ".dvc" / "tmp" / "rwlock"
    lock.write_text('{"write": {')
    done = subprocess.run(["dvc", "repro"], cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode and ".dvc/tmp/rwlock" in done.stderr
    lock.unlink()
    assert "Running stage" not in run(project, "dvc", "repro")
