"""How runs of the real pipeline in the background begin, fail and are stopped.

One that succeeds takes longer: tests/app/test_teach_page.py has it.
"""

import contextlib
import fcntl
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.experiments.revisions import references
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching import fine_tuning
from netchu.teaching.corrections import save_lines
from netchu.teaching.fine_tuning import RUNS, SETTINGS, Progress, Result, Run, explain
from tests.workspace import copy_project, run

TINY = SETTINGS | {"train.epochs": 2, "train.batch_size": 16}


def wait() -> Run:
    deadline = time.monotonic() + 300
    while (run := fine_tuning.watch()) and run.state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return run


def wait_for_stage() -> None:
    deadline = time.monotonic() + 120
    while not fine_tuning.watch().progress.stage:
        assert time.monotonic() < deadline and fine_tuning.watch().state == "running"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> Path:
    """24 lines of one invented hand."""
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = [address_line(rng, 20) for _ in range(24)]
    folder = tmp_path_factory.mktemp("lines") / "lines"
    save_lines(folder, [(draw_line(text, writer, rng), text) for text in texts], "Lan")
    return folder


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project") / "netchu")


@pytest.fixture
def project(copy, monkeypatch) -> Path:
    """The working directory: a copy of this project that has run nothing yet."""
    monkeypatch.chdir(copy)
    yield copy
    fine_tuning.stop()
    shutil.rmtree(RUNS, ignore_errors=True)


def test_a_run_that_fails_says_why_in_one_line_and_can_be_repeated(project, lines, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # without a name for git, DVC would not even begin
    before, head = references(), run(project, "git", "rev-parse", "HEAD").strip()
    for _ in range(2):
        fine_tuning.start(lines, TINY | {"clean.min_height": 1000})
        failed = wait()
        assert failed.state == "failed" and failed.result is None
        assert failed.failure.startswith("no good line among 24 (24 too_small)")
        assert "clean: error: " in (failed.folder / "log.txt").read_text()
        assert len([path for path in RUNS.iterdir() if path.is_dir()]) == 1
        # Other runs fail when DVC has saved the experiment, while the readers are compared.
        commit = run(project, "git", "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "experiment").strip()
        run(project, "git", "update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{failed.folder.name}", commit)
    fine_tuning.drop()
    assert fine_tuning.watch() is None and references() == before


def test_a_run_is_stopped_and_leaves_nothing(project, lines, monkeypatch):
    monkeypatch.setattr(fine_tuning, "_PATIENCE", 200)  # a busy machine is slow, and DVC has to clean up
    fine_tuning.start(lines, TINY)
    with pytest.raises(NetchuError, match="being taught already"):
        fine_tuning.start(lines, TINY)
    wait_for_stage()
    fine_tuning.stop()
    assert fine_tuning.watch() is None and [path.name for path in RUNS.iterdir()] == ["lock"]
    assert not list(Path(".dvc/tmp/exps/standalone").glob("tmp*"))
    assert run(project, "git", "status", "--porcelain") == ""
    fine_tuning.stop()


def test_what_ignores_an_interrupt_is_killed(fake, monkeypatch):
    """A process that holds the lock like a worker, and SIGINT means nothing to it."""
    deaf = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with (RUNS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "-c", deaf], pass_fds=[lock.fileno()], start_new_session=True, stdout=subprocess.PIPE
        )
    process.stdout.readline()
    (fake / "process.txt").write_text(str(process.pid))
    monkeypatch.setattr(fine_tuning, "_PATIENCE", 0.3)
    assert fine_tuning.watch().state == "running"
    fine_tuning.stop()
    assert process.wait() == -signal.SIGKILL and fine_tuning.watch() is None
    process.stdout.close()


def test_a_finished_run_is_not_stopped(fake):
    (fake / "result.json").write_text(json.dumps(Result(5.0, 4.0, -5.0, -1.0, True, 10, 40)._asdict()))
    fine_tuning.stop()
    assert fine_tuning.watch().state == "done"


def test_too_few_lines(tmp_path, project):
    save_lines(tmp_path / "few", [(np.full((9, 9 + n), 9, np.uint8), "a") for n in range(19)])
    with pytest.raises(NetchuError, match="19 lines; teaching needs 20"):
        fine_tuning.start(tmp_path / "few")
    assert fine_tuning.watch() is None and not RUNS.exists()


def test_a_project_that_lacks_what_teaching_needs(tmp_path, lines, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetchuError, match="in the project's folder"):
        fine_tuning.start(lines)
    Path(".dvc").mkdir()
    Path("dvc.yaml").touch()
    with pytest.raises(NetchuError, match="no git commit"):
        fine_tuning.start(lines)
    run(tmp_path, "git", "init", "--quiet")
    run(tmp_path, "git", "commit", "--quiet", "--allow-empty", "--message", "start")
    with pytest.raises(NetchuError, match="no model to start from"):
        fine_tuning.start(lines)
    assert [path.name for path in RUNS.iterdir()] == ["lock"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NetchuError, match="dvc is not installed"):
        fine_tuning.start(lines)


def test_another_window_that_looks_is_no_run(tmp_path, lines, monkeypatch):
    """It holds the lock for a moment; teaching then begins, and fails for want of a reader to start from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fine_tuning, "_check_project", lambda: None)
    RUNS.mkdir(parents=True)
    with (RUNS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        timer = threading.Timer(0.05, fcntl.flock, (lock, fcntl.LOCK_UN))
        timer.start()
        with pytest.raises(NetchuError, match="no model to start from"):
            fine_tuning.start(lines)
        timer.join()


def test_a_failed_run_stays_where_another_cannot_begin(fake, lines, monkeypatch):
    monkeypatch.setattr(fine_tuning, "_check_project", lambda: None)
    with pytest.raises(NetchuError, match="no model to start from"):
        fine_tuning.start(lines)
    assert fine_tuning.watch().folder == fake


@pytest.mark.parametrize("action", [fine_tuning.watch, fine_tuning.stop])
def test_runs_that_may_not_be_written(fake, monkeypatch, action):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # the tests may run as root, who may write anywhere
    with pytest.raises(NetchuError, match=r"\.netchu/teaching: cannot be written \(Permission denied\)"):
        action()


@contextlib.contextmanager
def going_on():
    with (RUNS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_progress_is_read_from_the_log(fake):
    with going_on():
        found = fine_tuning.watch()
        assert (found.state, found.progress) == ("running", Progress("train", 1, 40, 24.0, None))
        # 38 passes of 30 lines, 19 a second, are a minute.
        with (fake / "log.txt").open("a") as log:
            log.write("epoch 2: 1 of 8\n    2    14.197     26.00       19.0     4.0m\n")
        assert fine_tuning.watch().progress == Progress("train", 2, 40, 26.0, pytest.approx(1))
        with (fake / "log.txt").open("a") as log:
            log.write("Running stage 'decoder':\n")
        assert fine_tuning.watch().progress.stage == "decoder"
        (fake / "log.txt").write_text("")
        assert fine_tuning.watch().progress == Progress("", 0, 40, None, None)


def test_a_run_that_a_power_cut_ended(fake):
    found = fine_tuning.watch()
    assert found.state == "failed" and "interrupted" in found.failure
    fine_tuning.drop()
    assert fine_tuning.watch() is None


def test_a_damaged_result_is_a_failure(fake):
    (fake / "result.json").write_text("{")
    assert "damaged" in fine_tuning.watch().failure


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("x\nclean: error: no good line\nERROR: failed to reproduce 'clean'", "no good line"),
        ("ERROR: unexpected error - no space", "unexpected error - no space"),
        ("ERROR: Unable to acquire lock. Most likely another DVC process is running", "DVC is at work here"),
        ("", "it ended without saying why"),
    ],
)
def test_why_a_run_failed(log, reason):
    assert explain(log).startswith(reason)
