"""Tests of the DVC commands in docs/experiments.md, in a copy of the project with tiny parameters."""

import hashlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from benchmarks.tiny_project import ENVIRONMENT, commit, run


@pytest.fixture
def project(project):
    """Return the module's project; restore its files after each test."""
    yield project
    run(project, "git", "checkout", "--", ".")
    run(project, "dvc", "checkout")


def metrics(folder) -> dict:
    return json.loads((folder / "metrics" / "metrics.json").read_text())


def hashes(folder) -> dict[str, str]:
    """Return the SHA-256 of every output by its path."""
    files = [file for part in ("data", "models", "metrics") for file in (folder / part).rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_writes_every_output(project):
    found = metrics(project)
    assert found["lines"] == 12
    for rate in ("cer", "wer", "ser"):
        assert found[f"{rate}_low"] <= found[rate] <= found[f"{rate}_high"]
        assert f"lenient_{rate}" in found
    predictions = (project / "metrics" / "predictions.csv").read_text().splitlines()
    assert predictions[0] == "id,source,writer,reference,prediction" and len(predictions) == 13
    assert (project / "metrics" / "history.csv").read_text().startswith("epoch,loss,validation_cer,learning_rate\n1,")
    assert (project / "models" / "crnn" / "model.onnx").stat().st_size > 10_000
    reader = sorted(file.name for file in (project / "models" / "reader").iterdir())
    assert reader == ["language_model.bin", "model.json", "model.onnx", "model.weights.h5", "reader.json"]
    assert run(project, "git", "status", "--porcelain") == ""


def test_runs_nothing_the_second_time(project):
    assert "Running stage" not in run(project, "dvc", "repro")
    with (project / "params.yaml").open("a") as file:
        file.write("# A comment.\n")
    assert "Running stage" not in run(project, "dvc", "repro")


def test_writes_the_same_outputs_when_all_stages_run_again(project):
    before = hashes(project)
    output = run(project, "dvc", "repro", "--force", "--no-run-cache")
    assert output.count("Running stage") == 7
    assert hashes(project) == before


def test_shows_changes_between_experiments(project):
    run(project, "dvc", "exp", "run", "-n", "a", "-S", "train.learning_rate=1e-5")
    measured = [metrics(project)]
    more = ["-S", "train.epochs=3", "-S", "model.lstm_units=6", "-S", "download.synthetic.test_lines=10"]
    run(project, "dvc", "exp", "run", "-n", "b", *more)
    measured.append(metrics(project))
    run(project, "dvc", "exp", "run", "-n", "c", "--queue", "-S", "train.seed=3")
    run(project, "dvc", "exp", "run", "--run-all")
    run(project, "dvc", "exp", "run", "-n", "d", "--temp", "-S", "evaluate.decoder=greedy")
    names = run(project, "dvc", "exp", "list", "--name-only").split()
    assert sorted(names) == ["a", "b", "c", "d"]
    difference = json.loads(run(project, "dvc", "metrics", "diff", "a", "b", "--json", "--all"))
    shown = difference["metrics/metrics.json"]
    for name in ("cer", "wer", "ser"):
        assert [shown[name]["old"], shown[name]["new"]] == [found[name] for found in measured]
    assert shown["lines"] == {"old": 12, "new": 10, "diff": -2}
    changed = run(project, "dvc", "params", "diff", "a", "b", "--md")
    assert "train.epochs" in changed and "model.lstm_units" in changed


def test_pulls_pushed_results_instead_of_running_stages(project, tmp_path):
    run(project, "dvc", "remote", "add", "--force", "--default", "folder", str(tmp_path / "remote"))
    commit(project, "remote")
    run(project, "dvc", "push")
    run(tmp_path, "git", "clone", "--quiet", str(project), "clone")
    run(tmp_path / "clone", "dvc", "pull")
    assert "Running stage" not in run(tmp_path / "clone", "dvc", "repro")
    assert hashes(tmp_path / "clone") == hashes(project)


def test_resumes_a_killed_training_with_the_same_result(project):
    """The training is killed (kill -9) as soon as an epoch is saved; the next run resumes after that epoch."""
    parameters = ["-S", "train.epochs=6", "-S", "train.seed=5"]
    run(project, "dvc", "exp", "run", "-n", "not-killed", *parameters)
    expected = hashes(project)
    run(project, "git", "checkout", "--", ".")
    run(project, "dvc", "checkout")
    for name, value in ("epochs", 6), ("seed", 5):
        text = (project / "params.yaml").read_text()
        start = text.index("\ntrain:")
        changed = re.sub(rf"\n  {name}: \d+", f"\n  {name}: {value}", text[start:], count=1)
        (project / "params.yaml").write_text(text[:start] + changed)
    process = subprocess.Popen(
        ["dvc", "repro", "--no-run-cache"], cwd=project, env=ENVIRONMENT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    folder = project / ".netchu" / "checkpoints"
    while not list(folder.glob("*/state.npz")):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    output = run(project, "dvc", "repro", "--no-run-cache")
    assert "resumes after epoch " in output
    assert hashes(project) == expected
