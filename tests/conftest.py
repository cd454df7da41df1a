"""What several test modules share: the tiny pipeline, run once."""

import shutil
from pathlib import Path

import pytest

from tests.workspace import TINY, commit, copy_project, run, settings


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A project in which the tiny pipeline has run and its results are committed; to be copied, never changed."""
    folder = copy_project(tmp_path_factory.mktemp("finished") / "netchu")
    run(folder, "dvc", "exp", "run", *settings(TINY))
    commit(folder, "tiny")
    return folder


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory) -> Path:
    """The module's own copy of that project."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("project") / "netchu")
