"""Requests that Schemathesis makes from the description of the interface, valid and invalid ones."""

import subprocess
import sys

import pytest

from benchmarks.tiny_project import ENVIRONMENT, ROOT
from netchu.pages.recognizer import Recognizer
from netchu.service.application import create_application
from netchu.service.limits import Limits
from tests.netchu.service.server import serve

pytest.importorskip("schemathesis")

CASES = 10
"""Random requests for each operation and each kind of data, after those for each rule of the description."""


def test_answers_as_described(reader, tmp_path):
    key = "test"
    environment = {"SCHEMATHESIS_HOOKS": "tests.netchu.service.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    with serve(create_application(Recognizer.load(reader), Limits(), key)) as address:
        command = "from schemathesis.cli import schemathesis; schemathesis()"
        options = ["--max-examples", str(CASES), "--generation-deterministic", "--header", f"X-API-Key: {key}"]
        done = subprocess.run(
            [sys.executable, "-c", command, "run", f"{address}/openapi.json", *options],
            cwd=tmp_path,
            env=ENVIRONMENT | environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0 and "No issues found" in done.stdout, done.stdout + done.stderr
