import fcntl
from pathlib import Path

import pytest

from netchu.core.errors import NetchuError
from netchu.teaching import fine_tuning
from netchu.teaching.run_progress import Progress
from netchu.teaching.run_state import RUNS, hold_lock, is_running, read_current_run


def test_reports_running_worker(run_folder):
    with hold_lock():
        run = read_current_run()
        assert (run.folder, run.state, run.progress) == (run_folder, "running", Progress("train", 1, 40, 24.0, None))


def test_reports_interrupted_run(run_folder):
    run = read_current_run()
    assert run.state == "failed" and "interrupted" in run.failure
    fine_tuning.discard()
    assert read_current_run() is None


def test_reports_damaged_result(run_folder):
    (run_folder / "result.json").write_text("{")
    run = read_current_run()
    assert run.state == "failed" and "damaged" in run.failure


def test_waits_for_another_window(run_folder, monkeypatch):
    """Another window holds the lock for a moment to check whether a run is running."""
    with (RUNS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        monkeypatch.setattr("time.sleep", lambda _: fcntl.flock(lock, fcntl.LOCK_UN))
        with hold_lock():
            assert is_running()


def test_ignores_lock_of_another_window(run_folder):
    with (RUNS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        assert not is_running()


def test_locks_once(run_folder):
    with hold_lock():
        with pytest.raises(NetchuError, match="being trained already"), hold_lock():
            pass
        assert is_running()
    assert not is_running()


@pytest.mark.parametrize("action", [read_current_run, fine_tuning.stop])
def test_names_folder_that_cannot_be_written(run_folder, monkeypatch, action):
    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # the tests may run as root, who may write anywhere
    with pytest.raises(NetchuError, match=r"\.netchu/teaching: cannot be written \(Permission denied\)"):
        action()
