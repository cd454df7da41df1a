"""dvc.lock and metrics/ in git belong to the code and parameters beside them."""

import re
import subprocess

import pytest
from ruamel.yaml import YAML

from tests.workspace import ENVIRONMENT, copy_project


def stale(project) -> list[str]:
    """The stages that DVC would run: what is recorded is not of the code, parameters and metrics that lie there."""
    command = ["dvc", "repro", "--dry", "--allow-missing", "--keep-going"]
    done = subprocess.run(command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True)
    # Either way: without the data DVC fails where it would run the stage that reads them, else it exits with 0.
    found = re.findall("(?:Running stage|failed to reproduce) '(.+?)'", done.stdout + done.stderr)
    assert found or "up to date" in done.stdout, done.stderr
    return sorted(set(found))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project") / "netchu")


def test_results_in_git_are_those_of_the_code_and_parameters(project):
    found = stale(project)
    assert not found, f"stale: {', '.join(found)}; run `dvc repro`, then commit dvc.lock and metrics/"


def test_every_file_that_people_compare_is_in_git(project):
    stages = YAML(typ="safe").load((project / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for out in (out for stage in stages.values() for out in stage["outs"] if isinstance(out, dict)):
        [(path, options)] = out.items()
        assert options["cache"] or (project / path).exists(), f"{path}: run `dvc repro` and commit it"
