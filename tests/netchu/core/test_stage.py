"""What every stage's main() does."""

import json
import re
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.core.params import Section
from netchu.core.stage import run_stage


class Clean(Section):
    min_height: int


class Params(Section):
    clean: Clean


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
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
def test_an_error_is_one_line_and_a_status(error):
    def run(params, inputs, outputs):
        raise error

    with pytest.raises(SystemExit) as caught:
        run_stage("clean", run, Params, {}, {})
    assert caught.value.code in (
        "clean: error: x.zip: broken", "clean: interrupted", "clean: error: data/raw: No space left",
        "clean: error: an output: full",
    )  # fmt: skip


def test_a_missing_input_says_what_makes_it():
    with pytest.raises(SystemExit) as caught:
        run_stage("clean", lambda *_: "", Params, {"raw": Path("data/raw")}, {})
    assert caught.value.code == "clean: error: data/raw: not there; run `dvc repro clean`, which makes it first"


def test_a_wrong_parameter_stops_before_anything_runs():
    Path("params.yaml").write_text("clean:\n  min_height: tall\n")
    with pytest.raises(SystemExit) as caught:
        run_stage("clean", lambda *_: pytest.fail("ran"), Params, {}, {})
    assert "params.yaml: clean.min_height: should be a valid integer" in caught.value.code
