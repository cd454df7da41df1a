"""The folder of a fine-tuning that runs in the background, and its state: running, done or failed.

The folder lies in `.netchu/teaching` and has the name of the run's DVC experiment. The newest one with a log is the
current run. Adopting its reader deletes the log but keeps the archive of lines, because the experiment depends on it.
"""

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

from netchu.core.errors import NetchuError
from netchu.teaching.run_progress import Progress, read_progress

RUNS = Path(".netchu/teaching")

ARCHIVE = "corrections.zip"
"""The lines of the run, as an archive for the pipeline."""

CHANGED_PARAMETERS = "settings.json"
"""The values that the run changes in params.yaml, by dotted keys."""

LOG = "log.txt"
"""The output of DVC and of the stages."""

PROCESS = "process.txt"
"""The process id of the worker."""

RESULT = "result.json"
"""The result, once the run has succeeded."""

FAILURE = "failure.txt"
"""The reason, once the run has failed."""

READER_FOLDER = "reader"
"""The fine-tuned reader, once the run has succeeded."""

_LOCK_ATTEMPTS = 5


class Result(NamedTuple):
    """CER of the test lines in percent, and the 95 % interval of after - before in percentage points."""

    before: float
    after: float
    low: float
    high: float
    distinguishable: bool  # from no difference
    test_lines: int
    training_lines: int  # including the validation lines


class FineTuning(NamedTuple):
    """The current run: it is running, or waits for a decision of the user."""

    folder: Path
    state: Literal["running", "done", "failed"]
    progress: Progress
    result: Result | None  # where done
    failure: str  # one line, where failed


def read_current_run() -> FineTuning | None:
    """Return the current run, or None where there is none.

    Raises:
        NetchuError: RUNS cannot be written.
    """
    folder = find_current_folder()
    if folder is None:
        return None
    progress = read_progress(folder.name)
    if is_running():  # even where the result is there: no other run can start before the worker has ended
        return FineTuning(folder, "running", progress, None, "")
    try:
        if (folder / RESULT).exists():
            return FineTuning(folder, "done", progress, _read_result(folder), "")
        if (folder / FAILURE).exists():
            return FineTuning(folder, "failed", progress, None, (folder / FAILURE).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return FineTuning(folder, "failed", progress, None, f"{folder}: damaged; start the training again")
    return FineTuning(folder, "failed", progress, None, "the training was interrupted; start it again")


def find_current_folder() -> Path | None:
    """Return the folder of the current run, or None where there is none."""
    return max((log.parent for log in RUNS.glob(f"*/{LOG}")), default=None)


def is_running() -> bool:
    """Return whether a worker is running; raise NetchuError where RUNS cannot be written."""
    with report_unwritable_runs(), _open_lock() as lock:
        # Shared, so that two windows that check at the same time do not take each other for a run.
        return not _try_lock(lock, fcntl.LOCK_SH)


@contextlib.contextmanager
def hold_lock() -> Iterator[IO]:
    """Yield the locked lock file of all runs; a process that inherits it keeps the lock until it ends.

    Raises:
        NetchuError: a worker holds the lock.
    """
    with _open_lock() as lock:
        for _ in range(_LOCK_ATTEMPTS):
            if _try_lock(lock, fcntl.LOCK_EX):
                break
            time.sleep(0.05)  # another window may hold the lock for a moment, in is_running
        else:
            raise NetchuError("a model is being trained already; wait for it, or stop it first")
        yield lock


@contextlib.contextmanager
def report_unwritable_runs() -> Iterator[None]:
    """Turn an OSError of the block into a NetchuError that names RUNS."""
    try:
        yield
    except OSError as error:
        raise NetchuError(f"{RUNS}: cannot be written ({error.strerror or error}); fix that and try again") from None


def _open_lock() -> IO:
    RUNS.mkdir(parents=True, exist_ok=True)
    return (RUNS / "lock").open("a")


def _try_lock(lock: IO, kind: int) -> bool:
    """Lock the file where it is free, and return whether it was."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_result(folder: Path) -> Result:
    return Result(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
