"""Tests of the steps that all stages share."""

import json
import re
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.core.params import Section
from netchu.core.progress_log import progress_path
from netchu.core.stage import run_stage


class Clean(Section):
    min_height: int


class Params(Section):
    clean: Clean


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    Path("params.yaml").write_text("clean:\n  min_height: 3\n")
    Path("in").touch()


def test_runs_with_parameters_and_prints_one_line(capsys):
    def run(params, inputs, outputs):
        assert params.clean.min_height == 3
        outputs["out"].write_text(inputs["in"].read_text())
        return "5 lines"

    run_stage("clean", run, Params, {"in": Path("in")}, {"out": Path("out")})
    assert re.fullmatch(r"clean: 5 lines, \d+\.\d s\n", capsys.readouterr().out)
    assert Path("out").exists()
    assert json.loads(Path(".netchu/runs.jsonl").read_text())["stage"] == "clean"


@pytest.mark.parametrize(
    "error",
    [NetchuError("x.zip: broken"), KeyboardInterrupt(), OSError(28, "No space left", "data/raw"), OSError("full")],
)
def test_prints_an_error_in_one_line_and_exits_with_a_status(error):
    def run(params, inputs, outputs):
        raise error

    with pytest.raises(SystemExit) as caught:
        run_stage("clean", run, Params, {}, {})
    assert caught.value.code in (
        "clean: error: x.zip: broken", "clean: interrupted", "clean: error: data/raw: No space left",
        "clean: error: an output: full",
    )  # fmt: skip


def test_names_the_command_that_makes_a_missing_input():
    with pytest.raises(SystemExit) as caught:
        run_stage("clean", lambda *_: "", Params, {"raw": Path("data/raw")}, {})
    assert caught.value.code == "clean: error: data/raw: missing; run `dvc repro clean`, which makes it first"


def test_rejects_a_wrong_parameter_before_the_stage_runs():
    Path("params.yaml").write_text("clean:\n  min_height: tall\n")
    with pytest.raises(SystemExit) as caught:
        run_stage("clean", lambda *_: pytest.fail("ran"), Params, {}, {})
    assert "params.yaml: clean.min_height: should be a valid integer" in caught.value.code


def test_logs_the_start_and_the_error_of_an_experiments_stage(monkeypatch):
    def run(params, inputs, outputs):
        raise NetchuError("x.zip: broken")

    monkeypatch.setenv("DVC_EXP_NAME", "small")
    with pytest.raises(SystemExit):
        run_stage("clean", run, Params, {}, {})
    lines = progress_path("small").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"stage": "clean", "state": "started"},
        {"stage": "clean", "error": "x.zip: broken"},
    ]
