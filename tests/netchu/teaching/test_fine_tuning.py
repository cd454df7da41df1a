"""Runs of the real pipeline in the background start, fail and are stopped.

One that succeeds takes longer: it is in tests/app/test_teach_page.py.
"""

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tiny_project import copy_project, run
from netchu.core.errors import NetchuError
from netchu.core.progress_log import progress_path
from netchu.experiments.revisions import list_references
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching import fine_tuning
from netchu.teaching.corrections import save_lines
from netchu.teaching.fine_tuning import SETTINGS
from netchu.teaching.run_state import RUNS, Result, read_current_run

SHORT_SETTINGS = SETTINGS | {"train.epochs": 2, "train.batch_size": 16}

PATIENCE = 1200
"""Seconds after which a test fails: many times what a slow and busy machine needs."""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> Path:
    """A folder of 24 lines of one synthetic writer."""
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = [address_line(rng, 20) for _ in range(24)]
    folder = tmp_path_factory.mktemp("lines") / "lines"
    save_lines(folder, [(draw_line(text, writer, rng), text) for text in texts], "Lan")
    return folder


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    # In its archive's path, accents and an apostrophe.
    return copy_project(tmp_path_factory.mktemp("project") / "Tài liệu d'Arc" / "netchu")


@pytest.fixture
def project(copy, monkeypatch) -> Path:
    """A copy of this project without runs, which is the current folder."""
    monkeypatch.chdir(copy)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    yield copy
    fine_tuning.stop()
    shutil.rmtree(RUNS, ignore_errors=True)


def test_reports_failure_in_one_line_and_runs_again(project, lines, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where git finds no author, without whom DVC saves no experiment
    references, head = list_references(), run(project, "git", "rev-parse", "HEAD").strip()
    for _ in range(2):
        fine_tuning.start(lines, SHORT_SETTINGS | {"clean.min_height": 1000})
        wait_until(lambda: read_current_run().state != "running")
        failed = read_current_run()
        assert failed.state == "failed" and failed.result is None
        assert failed.failure.startswith("no good line among 24 (24 too_small)")
        assert failed.progress.stage == "clean"
        assert "clean: error: " in (failed.folder / "log.txt").read_text()
        assert len([path for path in RUNS.iterdir() if path.is_dir()]) == 1
        # A run may also fail while the readers are compared, when DVC has saved the experiment.
        commit = run(project, "git", "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "experiment").strip()
        run(project, "git", "update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{failed.folder.name}", commit)
    fine_tuning.discard()
    assert read_current_run() is None and list_references() == references
    assert not list(progress_path("any").parent.iterdir())


def test_stops_run_without_leftovers(project, lines, monkeypatch):
    monkeypatch.setattr(fine_tuning, "_INTERRUPT_PATIENCE", PATIENCE)
    fine_tuning.start(lines, SHORT_SETTINGS)
    with pytest.raises(NetchuError, match="being trained already"):
        fine_tuning.start(lines, SHORT_SETTINGS)
    wait_until(lambda: read_current_run().progress.stage or read_current_run().state != "running")
    fine_tuning.stop()
    assert read_current_run() is None and [path.name for path in RUNS.iterdir()] == ["lock"]
    assert not list(Path(".dvc/tmp/exps/standalone").glob("tmp*"))
    assert run(project, "git", "status", "--porcelain") == ""
    fine_tuning.stop()


def test_kills_process_that_ignores_interrupt(run_folder, monkeypatch):
    """The process holds the lock, like a worker."""
    program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print(flush=True); signal.pause()"
    with (RUNS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "-c", program], pass_fds=[lock.fileno()], start_new_session=True, stdout=subprocess.PIPE
        )
    process.stdout.readline()
    (run_folder / "process.txt").write_text(str(process.pid))
    monkeypatch.setattr(fine_tuning, "_INTERRUPT_PATIENCE", 0)
    monkeypatch.setattr(fine_tuning, "_KILL_PATIENCE", PATIENCE)
    assert read_current_run().state == "running"
    fine_tuning.stop()
    assert process.wait() == -signal.SIGKILL and read_current_run() is None
    process.stdout.close()


def test_does_not_stop_finished_run(run_folder):
    (run_folder / "result.json").write_text(json.dumps(Result(5.0, 4.0, -5.0, -1.0, True, 10, 40)._asdict()))
    fine_tuning.stop()
    assert read_current_run().state == "done"


def test_discards_progress_with_run(run_folder):
    assert progress_path(run_folder.name).exists()
    fine_tuning.discard()
    assert not progress_path(run_folder.name).exists() and not run_folder.exists()


def test_rejects_too_few_lines(tmp_path, project):
    save_lines(tmp_path / "few", [(np.full((9, 9 + n), 9, np.uint8), "a") for n in range(19)])
    with pytest.raises(NetchuError, match="19 lines; fine-tuning needs 20"):
        fine_tuning.start(tmp_path / "few")
    assert read_current_run() is None and not RUNS.exists()


def test_rejects_project_without_requirements(tmp_path, lines, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetchuError, match="in the project's folder"):
        fine_tuning.start(lines)
    Path(".dvc").mkdir()
    Path("dvc.yaml").touch()
    with pytest.raises(NetchuError, match="no git commit"):
        fine_tuning.start(lines)
    run(tmp_path, "git", "init", "--quiet")
    run(tmp_path, "git", "commit", "--quiet", "--allow-empty", "--message", "start")
    with pytest.raises(NetchuError, match=r"models/pretrained/model\.json: missing or damaged"):
        fine_tuning.start(lines)
    assert [path.name for path in RUNS.iterdir()] == ["lock"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NetchuError, match="dvc is not installed"):
        fine_tuning.start(lines)


def test_keeps_failed_run_where_another_cannot_start(run_folder, lines, monkeypatch):
    monkeypatch.setattr(fine_tuning, "_check_project", lambda: None)
    with pytest.raises(NetchuError, match="missing or damaged"):
        fine_tuning.start(lines)
    assert read_current_run().folder == run_folder
