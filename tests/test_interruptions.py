"""kill -9 of `dvc repro` and all that it started, in every stage: the next `dvc repro` ends as if nothing had been."""

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
"""How long a stage takes on two free cores, DVC's keeping of its outputs included; the others take about one."""

_RANDOM = random.Random(5)
MOMENTS = [
    (stage, round(_RANDOM.uniform(0, SECONDS.get(stage, 1.0)), 2))
    for stage in sorted(STAGES + _RANDOM.choices(STAGES, k=10 - len(STAGES)), key=STAGES.index)
]
"""Ten: a stage, and the seconds after DVC has started it."""


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    """For each stage a project in which those before it have run, and as "done" one in which all have."""
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
def test_the_next_repro_ends_as_if_nothing_had_been(snapshots, tmp_path, stage, seconds):
    project = tmp_path / "project"
    shutil.copytree(snapshots / stage, project)
    while not kill_repro(project, stage, seconds):
        shutil.rmtree(project)
        shutil.copytree(snapshots / stage, project)
        seconds /= 2
    output = run(project, "dvc", "repro")
    following = STAGES[STAGES.index(stage) :]
    assert re.findall("Running stage '(.+)'", output) in (following, following[1:])  # nothing finished runs again
    assert hashes(project) == hashes(snapshots / "done")
    assert (project / "dvc.lock").read_text() == (snapshots / "done" / "dvc.lock").read_text()
    assert "Running stage" not in run(project, "dvc", "repro")


def kill_repro(project, stage: str, seconds: float) -> bool:
    """Run `dvc repro` and kill it `seconds` after it has started `stage`; False where that stage was over by then."""
    process = subprocess.Popen(
        ["dvc", "repro"], cwd=project, env=ENVIRONMENT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    line = ""
    while f"Running stage '{stage}'" not in line:
        line = process.stdout.readline()
        assert line, "ended before the stage"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    rest = process.communicate()[0]
    return process.returncode == -signal.SIGKILL and "Running stage" not in rest


def test_a_lock_file_torn_by_a_kill_is_named_and_may_be_deleted(snapshots):
    """DVC writes it in place, in an instant; our code can do nothing about it."""
    project = snapshots / "done"
    lock = project / ".dvc" / "tmp" / "rwlock"
    lock.write_text('{"write": {')
    done = subprocess.run(["dvc", "repro"], cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode and ".dvc/tmp/rwlock" in done.stderr
    lock.unlink()
    assert "Running stage" not in run(project, "dvc", "repro")
