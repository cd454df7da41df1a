"""Tests of sweeps, of the example for continuous integration, and of experiments that fail or are killed."""

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import time

import psutil
import pytest
from ruamel.yaml import YAML

from benchmarks.tiny_project import ENVIRONMENT, ROOT, TINY, commit, run, settings

GRID = """
for decoder in greedy beam; do for weight in 0.5 5; do
    dvc exp run --queue -n $decoder-$weight -S evaluate.decoder=$decoder -S decoder.language_weight=$weight
done; done
"""
NAMES = ["greedy-0.5", "greedy-5", "beam-0.5", "beam-5"]
WORKFLOW = ROOT / "docs" / "examples" / "netchu.yml"


@pytest.fixture(scope="module", autouse=True)
def _workers_end(project):
    yield
    run(project, "dvc", "queue", "stop", "--kill")


def start(project) -> None:
    """Start a worker of the queue."""
    # The worker inherits the output; reading it would block until the worker ends.
    subprocess.run(
        ["dvc", "queue", "start"],
        cwd=project,
        env=ENVIRONMENT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def queue(project, name: str, setting: str) -> None:
    """Queue an experiment when no worker runs: an idle one about to end may take a task and never run it."""
    while "Worker status: 0 active, 0 idle" not in run(project, "dvc", "queue", "status"):
        time.sleep(0.3)
    run(project, "dvc", "exp", "run", "--queue", "-n", name, "-S", setting)


def statuses(project) -> dict[str, str]:
    """Return the status of every task in the queue by its name."""
    return dict(re.findall(r"^\w{7} +(\S+) .* (\w+) *$", run(project, "dvc", "queue", "status"), re.MULTILINE))


def wait(project, name: str, status: str) -> None:
    """Wait until a task has `status`; fail if it ends with another one, or after an hour, if the worker hangs."""
    deadline = time.monotonic() + 3600
    while (found := statuses(project))[name] != status:
        assert found[name] not in ("Success", "Failed") and time.monotonic() < deadline, found
        time.sleep(0.3)


def metrics(project) -> dict:
    return json.loads((project / "metrics" / "metrics.json").read_text())


def test_runs_sorts_applies_and_keeps_a_grid(project):
    run(project, "sh", "-ec", GRID)
    assert statuses(project) == dict.fromkeys(NAMES, "Queued")
    start(project)
    wait(project, NAMES[-1], "Success")
    assert statuses(project) == dict.fromkeys(NAMES, "Success")
    table = run(project, "dvc", "exp", "show", "--sort-by", "cer", "--hide-failed", "--csv")
    rows = [row for row in csv.DictReader(io.StringIO(table)) if row["Experiment"]]
    assert sorted(row["Experiment"] for row in rows) == sorted(NAMES)
    rates = [float(row["cer"]) for row in rows]
    assert rates == sorted(rates) and len(set(rates)) > 1
    best = rows[0]["Experiment"]
    run(project, "dvc", "exp", "apply", best)
    assert metrics(project)["cer"] == pytest.approx(rates[0])
    assert "Running stage" not in run(project, "dvc", "repro")  # its models are in the cache
    run(project, "dvc", "exp", "branch", best, "better")
    assert run(project, "git", "diff", "--stat", "better") == ""


def test_logs_a_failed_run_and_finishes_the_others(project):
    queue(project, "too-high", "clean.min_height=1000")
    queue(project, "good", "decoder.length_bonus=2")
    start(project)
    wait(project, "good", "Success")
    assert statuses(project)["too-high"] == "Failed"
    assert "clean: error: no good line" in run(project, "dvc", "queue", "logs", "too-high")
    run(project, "dvc", "queue", "remove", "--failed")
    queue(project, "too-high", "clean.min_height=17")
    start(project)
    wait(project, "too-high", "Success")


def test_keeps_finished_experiments_after_a_kill_of_the_queue(project):
    """The worker and its processes are killed (kill -9); the queue continues, and the killed experiment is repeated."""
    finished = set(run(project, "dvc", "exp", "list", "--name-only").split())
    before = run(project, "git", "status", "--porcelain")
    queue(project, "victim", "train.seed=11")
    queue(project, "other", "decoder.order=2")
    start(project)
    wait(project, "victim", "Running")
    kill_worker(project)
    assert finished <= set(run(project, "dvc", "exp", "list", "--name-only").split())
    start(project)
    wait(project, "other", "Success")
    assert statuses(project)["victim"] == "Running"  # according to DVC; nothing runs
    run(project, "dvc", "queue", "kill", "victim")
    run(project, "dvc", "queue", "remove", "--failed")
    queue(project, "victim", "train.seed=11")
    start(project)
    wait(project, "victim", "Success")
    assert set(run(project, "dvc", "exp", "list", "--name-only").split()) == finished | {"victim", "other"}
    assert run(project, "git", "status", "--porcelain") == before


def test_runs_lines_of_a_file_in_clones(project, tmp_path):
    """One line alone, as in a job of Slurm, and all lines one after the other, of which one fails."""
    lines = ["-n 'first' -S decoder.order=4", "-n bad -S clean.min_height=1000", "-n third -S decoder.order=5"]
    (tmp_path / "my grid.txt").write_text("\n".join(lines), encoding="utf-8")
    state = run(project, "git", "status", "--porcelain")
    before = set(run(project, "dvc", "exp", "list", "--name-only").split())

    def sweep(**environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [ROOT / "docs" / "examples" / "sweep.sh", ".", tmp_path / "my grid.txt"],
            cwd=project,
            env=ENVIRONMENT | environment,
            capture_output=True,
            text=True,
        )

    alone = sweep(SLURM_ARRAY_TASK_ID="1")
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert set(run(project, "dvc", "exp", "list", "--name-only").split()) == before | {"first"}
    missing = sweep(SLURM_ARRAY_TASK_ID="4")
    assert missing.returncode == 1 and missing.stderr.endswith("my grid.txt: has no line 4\n")
    done = sweep()
    assert done.returncode == 1 and "line 2 of" in done.stderr and "line 3 of" not in done.stderr
    assert set(run(project, "dvc", "exp", "list", "--name-only").split()) == before | {"first", "third"}
    assert run(project, "git", "status", "--porcelain") == state
    run(project, "dvc", "exp", "apply", "third")
    assert "Running stage" not in run(project, "dvc", "repro")  # its models are in the cache
    run(project, "git", "checkout", "--", ".")
    run(project, "dvc", "checkout")


def kill_worker(project) -> None:
    """Kill the worker of the queue with all processes it started."""
    workers = [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])
        if "queue-worker" in (process.info["cmdline"] or ()) and (process.info["cwd"] or "").startswith(str(project))
    ]
    assert workers
    for group in {os.getpgid(worker.pid) for worker in workers}:  # a worker that starts a process is there twice
        os.killpg(group, signal.SIGKILL)
    psutil.wait_procs(workers)


def workflow() -> dict:
    return YAML(typ="safe").load(WORKFLOW.read_text(encoding="utf-8"))


def steps() -> dict[str, dict]:
    """Return the steps with commands by their names."""
    return {step["name"]: step for step in workflow()["jobs"]["pipeline"]["steps"] if "run" in step}


def test_uses_pinned_actions_and_tiny_parameters_in_the_workflow():
    used = [step["uses"] for step in workflow()["jobs"]["pipeline"]["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in used)
    words = shlex.split(steps()["Run"]["run"])
    assert words == ["dvc", "exp", "run", *(word.replace(" ", "") for word in settings(TINY))]


def test_runs_the_commands_of_the_workflow(project, tmp_path):
    """They run in a clone of a repository with a remote, as on a runner, except for the installation."""
    run(project, "dvc", "remote", "add", "--default", "storage", str(tmp_path / "storage"))
    run(project, "dvc", "exp", "run", "-S", "evaluate.decoder=greedy")  # other figures than those of the commit before
    commit(project, "remote")
    run(project, "dvc", "push")
    run(tmp_path, "git", "clone", "--quiet", str(project), "clone")
    branch = run(project, "git", "branch", "--show-current").strip()
    summary = tmp_path / "summary.md"
    environment = ENVIRONMENT | {"BASE": f"origin/{branch}~1", "GITHUB_STEP_SUMMARY": str(summary)}
    for name, step in steps().items():
        if name != "Install":
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=tmp_path / "clone",
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{name}\n{done.stdout}\n{done.stderr}"
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("## Metrics\n| Path") and "cer" in text
    assert "| CER" in text.partition("## Comparison")[2]
