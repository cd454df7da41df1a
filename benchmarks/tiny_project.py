"""Copies of this project with tiny parameters, in which tests and benchmarks run DVC commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

TINY = {
    "download.synthetic.lines": 40,
    "download.synthetic.writers": 10,
    "download.synthetic.test_lines": 12,
    "download.synthetic.test_writers": 3,
    "model.cnn_channels": "[4, 4, 4]",
    "model.lstm_units": 4,
    "model.lstm_layers": 1,
    "preprocess.height": 16,
    "train.epochs": 1,
    # Otherwise the few steps would not suffice to read anything.
    "train.batch_size": 2,
    "train.learning_rate": 0.05,
    "train.warmup": 0,
    "decoder.rounds": 0,
    "decoder.order": 3,
}
"""Parameters with which the whole pipeline runs in about 20 seconds, most of them for the start of TensorFlow."""

ENVIRONMENT = os.environ | {
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
    "DVC_NO_ANALYTICS": "true",
}


def run(folder: Path, *command: str) -> str:
    """Return the standard output of `command` in `folder`; fail with its complete output if it fails."""
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def copy_project(folder: Path) -> Path:
    """Make a git repository in `folder` with one commit of the files of this working tree that git does not ignore."""
    folder.mkdir(parents=True)
    listed = run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    run(folder, "git", "init", "--quiet")
    commit(folder, "start")
    return folder


def commit(folder: Path, message: str) -> None:
    """Commit all changes in `folder`."""
    run(folder, "git", "add", "--all")
    run(folder, "git", "commit", "--quiet", "--no-verify", "--message", message)


def settings(parameters: dict[str, object]) -> list[str]:
    """Return `parameters` as `-S` options of `dvc exp run`."""
    return [word for key, value in parameters.items() for word in ("-S", f"{key}={value}")]
