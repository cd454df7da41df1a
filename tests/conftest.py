"""Shared by the test modules: the tiny pipeline, run once, and Hypothesis without time limits."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from benchmarks.tiny_project import TINY, commit, copy_project, run, settings
from netchu.core.errors import NetchuError
from netchu.pages.recognizer import Recognizer

# A busy machine must not fail a test.
hypothesis_settings.register_profile("netchu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("netchu")


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """Return the recognizer with the shipped reader; skip the test where it is missing."""
    try:
        return Recognizer.load()
    except NetchuError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def finished(tmp_path_factory, request) -> Path:
    """Return a project in which the tiny pipeline has run and its results are committed; tests must not change it.

    It is made once for all processes of pytest-xdist, whose temporary folders have the same parent.
    """
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent
    folder = shared / "finished" / "netchu"
    with FileLock(shared / "finished.lock"):
        if not folder.exists():
            made = copy_project(shared / "unfinished")
            run(made, "dvc", "exp", "run", *settings(TINY))
            commit(made, "tiny")
            folder.parent.mkdir()
            made.rename(folder)
    return folder


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory) -> Path:
    """Return a copy of that project for one test module."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("project") / "netchu")
