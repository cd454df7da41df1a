"""The state folder `.netchu`: logs, checkpoints and downloads. They are not outputs; git and DVC ignore them."""

import os
from pathlib import Path


def state_folder() -> Path:
    """Return `.netchu` of the user's project, even within an experiment's copy, which DVC deletes after the run.

    DVC passes the project's folder to its commands in the environment variable DVC_ROOT.
    """
    root = Path(os.environ.get("DVC_ROOT", ".")).absolute()
    # Relative where short: from an experiment's copy, the way up to the project is no path that a person can open.
    return (Path() if root == Path.cwd() else root) / ".netchu"
