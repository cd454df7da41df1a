"""Fine-tunes the shipped reader on corrected lines: starts, stops and discards a run of the pipeline in the background.

A run is a DVC experiment, started by `netchu.teaching.worker`. It continues when the page is reloaded or closed.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.core.progress_log import progress_path
from netchu.experiments.revisions import list_references
from netchu.pictures.line_image import PreprocessParams
from netchu.teaching.correction_archive import export_zip
from netchu.teaching.corrections import count_lines
from netchu.teaching.dvc_command import find_dvc_error, quote_for_hydra, run_dvc
from netchu.teaching.run_state import (
    ARCHIVE,
    CHANGED_PARAMETERS,
    LOG,
    PROCESS,
    RESULT,
    RUNS,
    find_current_folder,
    hold_lock,
    is_running,
    report_unwritable_runs,
)

FEWEST_LINES = 20
"""Corrected lines that are needed: with fewer there is too little to train on and to measure with."""

SHIPPED = "models/pretrained"
"""The reader that is fine-tuned, and with which the new one is compared."""

SETTINGS: dict[str, object] = {
    "clean.encoding": "unicode",
    "clean.max_rejected": 0.5,
    "download.source": "archive",
    "split.validation": 0.1,
    "split.test": 0.2,
    "labels.uncased": "[]",
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
"""Parameters that a run sets, besides `preprocess.*`, which it takes from the shipped reader. Chosen for 20 to
some hundred lines. The language model is kept: a few lines show the handwriting of a person, but not their language."""

_INTERRUPT_PATIENCE, _KILL_PATIENCE = 20, 30
"""Seconds that a run may take to clean up when it is interrupted, and to disappear when it is killed."""


def start(corrections: Path, settings: Mapping[str, object] = SETTINGS) -> None:
    """Start to fine-tune on the data set in the folder `corrections`; discard the run before it, if that failed.

        start(Path.home() / "netchu-lines")

    Raises:
        NetchuError: there are too few lines; another run is running or waits for a decision; the project lacks git, DVC
            or the shipped reader; or `read_corrections` raises it.
    """
    if (lines := count_lines(corrections)) < FEWEST_LINES:
        raise NetchuError(f"{corrections}: holds {lines} lines; fine-tuning needs {FEWEST_LINES}, correct some more")
    _check_project()
    with report_unwritable_runs(), hold_lock() as lock:
        if (current := find_current_folder()) and (current / RESULT).exists():
            raise NetchuError("a fine-tuned model waits for your decision; use it or discard it first")
        archive, preprocess = export_zip(corrections, writers=False), _read_shipped_preprocess()
        discard()
        folder = _make_folder(archive, {**preprocess, **settings})
        _start_worker(folder, lock)


def stop() -> None:
    """Stop and discard the run that is running; do nothing where there is none.

    Raises:
        NetchuError: the run does not end, or `discard` raises it.
    """
    folder = find_current_folder()
    if folder is None or not is_running():
        return
    # First SIGINT, as Ctrl-C sends it: DVC then removes its copy of the project.
    for signal_number, patience in ((signal.SIGINT, _INTERRUPT_PATIENCE), (signal.SIGKILL, _KILL_PATIENCE)):
        with contextlib.suppress(OSError, ValueError):
            os.killpg(int((folder / PROCESS).read_text()), signal_number)
        deadline = time.monotonic() + patience
        while is_running() and time.monotonic() < deadline:
            time.sleep(0.1)
        if not is_running():
            break
    else:
        raise NetchuError("the training does not stop; try again, or end the process netchu.teaching.worker")
    discard()


def discard() -> None:
    """Delete the current run, and its experiment if there is one; do nothing where there is no run.

    Raises:
        NetchuError: git cannot list the experiments, DVC cannot remove this one, or the files cannot be removed.
    """
    folder = find_current_folder()
    if folder is None:
        return
    # A run that failed or was stopped may have an experiment, too: DVC saves it before the readers are compared.
    if any(ref.startswith("refs/exps/") and ref.endswith(f"/{folder.name}") for ref in list_references()):
        done = run_dvc("exp", "remove", folder.name, capture_output=True, text=True)
        if done.returncode:
            raise NetchuError(f"{folder.name}: {find_dvc_error(done.stdout + done.stderr)}")
    with report_unwritable_runs():
        progress_path(folder.name).unlink(missing_ok=True)
        shutil.rmtree(folder)


def _check_project() -> None:
    if not (Path("dvc.yaml").is_file() and Path(".dvc").is_dir()):
        raise NetchuError(
            "fine-tuning runs the project's pipeline; open this page with `make app` in the project's folder"
        )
    if "${" in str(Path.cwd()):
        raise NetchuError("the path of the project has ${, which DVC takes for a variable; rename the folder")
    if missing := [name for name in ("dvc", "keras", "tensorflow") if importlib.util.find_spec(name) is None]:
        raise NetchuError(f"{missing[0]} is not installed; run `pip install -r requirements.txt`")
    try:
        done = subprocess.run(["git", "rev-parse", "--verify", "--quiet", "HEAD"], capture_output=True)
    except FileNotFoundError:
        raise NetchuError("git is not installed; install it, a fine-tuning is saved as a DVC experiment") from None
    if done.returncode:
        raise NetchuError(
            "the project has no git commit, which DVC experiments need; run `git init`, `git add --all` and "
            "`git commit --message start`"
        )


def _read_shipped_preprocess() -> dict[str, object]:
    """Return the parameters of the shipped reader that determine its line images, by dotted keys."""
    path = Path(SHIPPED, "model.json")
    try:
        preprocess = PreprocessParams(**json.loads(path.read_text(encoding="utf-8"))["preprocess"])
        return {f"preprocess.{key}": str(value).lower() for key, value in asdict(preprocess).items()}
    except (OSError, ValueError, KeyError, TypeError):
        raise NetchuError(f"{path}: missing or damaged; run `git checkout {SHIPPED}`") from None


def _make_folder(archive: bytes, parameters: dict[str, object]) -> Path:
    """Make the folder of a run, with its archive and its changed parameters."""
    folder = RUNS / time.strftime("teach-%Y%m%d-%H%M%S")
    folder.mkdir()
    path = folder / ARCHIVE
    path.write_bytes(archive)
    address = f"{path.resolve()}#sha256={hashlib.sha256(archive).hexdigest()}"
    write_json(folder / CHANGED_PARAMETERS, {**parameters, "download.archives": f"[{quote_for_hydra(address)}]"})
    return folder


def _start_worker(folder: Path, lock: IO) -> None:
    """Start the worker, which inherits the lock: the lock is released when the worker ends, even if it is killed."""
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "netchu.teaching.worker", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
    (folder / PROCESS).write_text(str(process.pid))
