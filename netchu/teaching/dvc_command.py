"""Runs DVC commands for a fine-tuning, and finds the reason where one failed."""

import os
import re
import subprocess
import sys
from pathlib import Path

_ANONYMOUS_AUTHOR = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "netchu"), ("EMAIL", "netchu@localhost"))
}


def run_dvc(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run a DVC command in the current folder; its stages use this Python.

        run_dvc("exp", "remove", "teach-20260131-120000", capture_output=True, text=True)

    Args:
        options: as of `subprocess.run`.
    """
    environment = os.environ | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "PYTHONUNBUFFERED": "1",
        "DVC_NO_ANALYTICS": "true",
    }
    if any(
        subprocess.run(["git", "config", key], capture_output=True).returncode for key in ("user.name", "user.email")
    ):
        # Without an author, git makes no commit, and DVC saves no experiment.
        environment = _ANONYMOUS_AUTHOR | environment
    return subprocess.run([sys.executable, "-m", "netchu.teaching.utf8_dvc", *arguments], env=environment, **options)


def quote_for_hydra(text: str) -> str:
    r"""Return `text` as a quoted value in the grammar of Hydra, which DVC uses for `--set-param`.

    >>> print(quote_for_hydra("/home/an/d'Arc"))
    '/home/an/d\'Arc'
    """
    return "'" + re.sub(r"(\\*)'", r"\1\1\\'", text) + "'"


def find_dvc_error(output: str) -> str:
    """Return the reason why a DVC command failed, one line, from its output."""
    if "nable to acquire lock" in output or "is busy" in output:
        return "another DVC command is running in this project; wait until it has ended, then try again"
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    return errors[-1] if errors else "DVC ended without an error message"
