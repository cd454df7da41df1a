"""Fine-tunes the shipped reader on corrected lines: starts the DVC pipeline in the background, watches and stops it.

A run has a folder in `.netchu/teaching`, named like its DVC experiment: the lines as an archive, the settings, the log,
and in the end a reader with its result, or a reason why there is none. The page may be reloaded or closed meanwhile.
The log marks the current run: adopting its reader deletes the log, and leaves the lines on which the experiment builds.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Literal, NamedTuple

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.experiments.revisions import references
from netchu.teaching.corrections import count_lines, export_zip

FEWEST_LINES = 20
"""Corrected lines from which on there is something to learn, and to measure on."""

SHIPPED = "models/pretrained"
"""The reader that teaching starts from and is measured against."""

SETTINGS: dict[str, object] = {
    "clean.max_rejected": 0.5,
    "download.source": "archive",
    "split.validation": 0.1,
    "split.test": 0.2,
    "labels.folded": "[]",
    "train.init_from": SHIPPED,
    "train.epochs": 40,
    "train.patience": 40,
    "train.batch_size": 4,
    "train.learning_rate": 0.0005,
    "train.average": 0.98,
    "train.augment.affine": 1.0,
    "train.augment.elastic": 1.0,
    "train.augment.stroke": 1.0,
    "train.augment.contrast": 1.0,
    "train.augment.noise": 1.0,
    "train.augment.paper": 1.0,
    "decoder.init_from": SHIPPED,
    "evaluate.decoder": "beam",
}
"""What a run changes in params.yaml, for 20 to some hundred lines; besides, line images are made like those of the
shipped reader. The language model stays: a few lines teach a hand, but no language."""

RUNS = Path(".netchu/teaching")

ARCHIVE, CHOSEN, LOG, RESULT, FAILURE, READER = (
    "corrections.zip", "settings.json", "log.txt", "result.json", "failure.txt", "reader",
)  # fmt: skip
"""What lies in the folder of a run; the newest that holds LOG is the current one."""

_PROCESS = "process.txt"
_PATIENCE = 20
"""Seconds that a run may take to clean up when it is stopped."""

_NOBODY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "netchu"), ("EMAIL", "netchu@localhost"))
}
_STAGE = re.compile(r"^Running stage '(\w+)'", re.MULTILINE)
_LINES = re.compile(r"^split: (\d+) train", re.MULTILINE)
_EPOCH = re.compile(r"^ *(\d+) +[\d.]+ +([\d.]+)[* ] +([\d.]+) +[\d.]+m$", re.MULTILINE)


class Progress(NamedTuple):
    """How far a run has come."""

    stage: str  # of the pipeline; "" before the first
    epoch: int  # done
    epochs: int
    cer: float | None  # of the validation lines, in percent, after that epoch
    minutes_left: float | None  # of the training


class Result(NamedTuple):
    """CER of the held-back lines in percent, and the 95 % interval of after - before in percentage points."""

    before: float
    after: float
    low: float
    high: float
    distinguishable: bool  # from no difference
    test_lines: int
    training_lines: int  # those of validation included


class Run(NamedTuple):
    """The run that is going on, or whose result waits to be adopted or dropped."""

    folder: Path
    state: Literal["running", "done", "failed"]
    progress: Progress
    result: Result | None  # where done
    failure: str  # one line, where failed


def start(corrections: Path, settings: Mapping[str, object] = SETTINGS) -> None:
    """Begin to teach the lines of the data set `corrections`; a failed run before it is forgotten.

    Raises:
        NetchuError: too few lines, a run that goes on or waits for a decision, or a project without git, DVC or the
            shipped reader; for the data set as `read_corrections` does.
    """
    if (lines := count_lines(corrections)) < FEWEST_LINES:
        raise NetchuError(f"{corrections}: {lines} lines; teaching needs {FEWEST_LINES}")
    _check_project()
    with _writing(), contextlib.ExitStack() as stack:
        for _ in range(5):
            if lock := _lock(stack, fcntl.LOCK_EX):
                break
            time.sleep(0.05)  # another window looks for a moment whether a run goes on
        else:
            raise NetchuError("a model is being taught already; wait for it, or stop it first")
        if (run := _newest()) and (run / RESULT).exists():
            raise NetchuError("a taught model waits; adopt or drop it first")
        archive, preprocess = export_zip(corrections, writers=False), _preprocess()
        drop()
        folder = RUNS / time.strftime("teach-%Y%m%d-%H%M%S")
        folder.mkdir()
        (folder / ARCHIVE).write_bytes(archive)
        place = f"{(folder / ARCHIVE).resolve()}#sha256={hashlib.sha256(archive).hexdigest()}"
        write_json(folder / CHOSEN, {**preprocess, **settings, "download.archives": f"['{place}']"})
        with (folder / LOG).open("wb") as log:
            # It inherits the lock, which is free again when it has ended, however it did.
            process = subprocess.Popen(
                [sys.executable, "-m", "netchu.teaching.worker", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )
        (folder / _PROCESS).write_text(str(process.pid))


def watch() -> Run | None:
    """The current run; None where there is none, or it has been adopted or dropped.

    Raises:
        NetchuError: RUNS cannot be written.
    """
    folder = _newest()
    if folder is None:
        return None
    progress = _progress(folder)
    if _is_running():  # even where it has written its result, since until it has ended no other can start
        return Run(folder, "running", progress, None, "")
    try:
        if (folder / RESULT).exists():
            result = Result(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
            return Run(folder, "done", progress, result, "")
        if (folder / FAILURE).exists():
            return Run(folder, "failed", progress, None, (folder / FAILURE).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return Run(folder, "failed", progress, None, f"{folder}: damaged; teach again")
    return Run(folder, "failed", progress, None, "teaching was interrupted; start it again")


def stop() -> None:
    """End the run that goes on and forget it; nothing happens where there is none.

    Raises:
        NetchuError: it does not end, or as `drop` does.
    """
    folder = _newest()
    if folder is None or not _is_running():
        return
    # As by Ctrl-C, upon which DVC removes its copy of the project; then, if need be, without asking.
    for number, seconds in ((signal.SIGINT, _PATIENCE), (signal.SIGKILL, 5)):
        with contextlib.suppress(OSError, ValueError):
            os.killpg(int((folder / _PROCESS).read_text()), number)
        deadline = time.monotonic() + seconds
        while _is_running() and time.monotonic() < deadline:
            time.sleep(0.1)
        if not _is_running():
            break
    else:
        raise NetchuError("teaching does not stop; try again, or end the process netchu.teaching.worker")
    drop()


def drop() -> None:
    """Forget the current run, with its experiment if it has come to one.

    Raises:
        NetchuError: DVC cannot remove the experiment, git cannot list it, or the files cannot be removed.
    """
    folder = _newest()
    if folder is None:
        return
    # Also a run that failed or was stopped may have one: DVC saves it before the readers are compared.
    if any(ref.startswith("refs/exps/") and ref.endswith(f"/{folder.name}") for ref in references()):
        done = run_dvc("exp", "remove", folder.name, capture_output=True, text=True)
        if done.returncode:
            raise NetchuError(f"{folder.name}: {explain(done.stdout + done.stderr)}")
    with _writing():
        shutil.rmtree(folder)


def run_dvc(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run a DVC command in the project; its stages find this Python."""
    environment = os.environ | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "PYTHONUNBUFFERED": "1",
        "DVC_NO_ANALYTICS": "true",
    }
    if any(
        subprocess.run(["git", "config", key], capture_output=True).returncode for key in ("user.name", "user.email")
    ):
        # DVC saves no experiment of someone whom git does not know.
        environment = _NOBODY | environment
    return subprocess.run([sys.executable, "-m", "dvc", *arguments], env=environment, **options)


def explain(log: str) -> str:
    """The one line of what a run printed that says why it failed."""
    if "nable to acquire lock" in log or "is busy" in log:
        return "DVC is at work here; wait until that command has ended, then try again"
    lines = re.findall(r"^\w+: error: (.+)$", log, re.MULTILINE) or re.findall(r"^ERROR: (.+)$", log, re.MULTILINE)
    return lines[-1] if lines else "it ended without saying why"


def _check_project() -> None:
    if not (Path("dvc.yaml").is_file() and Path(".dvc").is_dir()):
        raise NetchuError(
            "teaching runs the project's pipeline; open this page with `make app` in the project's folder"
        )
    if missing := [name for name in ("dvc", "keras", "tensorflow") if importlib.util.find_spec(name) is None]:
        raise NetchuError(f"{missing[0]} is not installed; run `pip install -r requirements.txt`")
    try:
        done = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "HEAD"], capture_output=True)
    except FileNotFoundError:
        raise NetchuError("git is not installed; what is taught is kept as a DVC experiment, which needs it") from None
    if done.returncode:
        raise NetchuError(
            "the project has no git commit, on which DVC experiments build; run `git init`, `git add --all` and "
            "`git commit --message start`"
        )


def _preprocess() -> dict[str, object]:
    """Parameters that make line images as the shipped reader knows them."""
    path = Path(SHIPPED, "model.json")
    try:
        known = json.loads(path.read_text(encoding="utf-8"))["preprocess"]
        return {f"preprocess.{key}": str(value).lower() for key, value in known.items()}
    except (OSError, ValueError, KeyError, AttributeError):
        raise NetchuError(f"{path}: no model to start from; run `git checkout {SHIPPED}`") from None


def _newest() -> Path | None:
    return max((log.parent for log in RUNS.glob(f"*/{LOG}")), default=None)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NetchuError(f"{RUNS}: cannot be written ({error.strerror or error}); mend that and try again") from None


def _lock(stack: contextlib.ExitStack, kind: int) -> IO | None:
    """The open lock file of all runs, or None where one goes on."""
    RUNS.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context((RUNS / "lock").open("a"))
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    return lock


def _is_running() -> bool:
    with _writing(), contextlib.ExitStack() as stack:
        # Shared, so that two windows that look at once do not take each other for a run.
        return _lock(stack, fcntl.LOCK_SH) is None


def _progress(folder: Path) -> Progress:
    log, epochs = "", 0
    with contextlib.suppress(OSError, ValueError, KeyError):
        log = (folder / LOG).read_text(encoding="utf-8", errors="replace")
        epochs = int(json.loads((folder / CHOSEN).read_text(encoding="utf-8"))["train.epochs"])
    stages, lines, done = _STAGE.findall(log), _LINES.findall(log), _EPOCH.findall(log)
    epoch, cer, speed = done[-1] if done else (0, None, None)
    # The first epoch holds TensorFlow's start: its speed foretells nothing.
    known = lines and len(done) > 1 and float(speed) > 0
    left = (epochs - int(epoch)) * int(lines[-1]) / float(speed) / 60 if known else None
    return Progress(stages[-1] if stages else "", int(epoch), epochs, cer and float(cer), left)
