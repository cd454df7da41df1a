"""Tests that dvc.lock and metrics/ in git are the results of the code and parameters beside them."""

import re
import subprocess

import pytest
from ruamel.yaml import YAML

from benchmarks.tiny_project import ENVIRONMENT, copy_project


def stale(project) -> list[str]:
    """Return the stages that DVC would run, because their results are not those of this code and these parameters."""
    command = ["dvc", "repro", "--dry", "--allow-missing", "--keep-going"]
    done = subprocess.run(command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    # Without the data, DVC fails at a stage that it would run; with them, it says that it would run the stage.
    found = re.findall("(?:Running stage|failed to reproduce) '(.+?)'", done.stdout + done.stderr)
    assert found or "up to date" in done.stdout, done.stderr
    return sorted(set(found))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project") / "netchu")


def test_has_the_results_of_the_code_and_parameters_in_git(project):
    found = stale(project)
    assert not found, f"stale: {', '.join(found)}; run `dvc repro`, then commit dvc.lock and metrics/"


def test_has_every_metrics_file_in_git(project):
    stages = YAML(typ="safe").load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for out in (out for stage in stages.values() for out in stage["outs"] if isinstance(out, dict)):
        [(path, options)] = out.items()
        assert options["cache"] or (project / path).exists(), f"{path}: run `dvc repro` and commit it"
