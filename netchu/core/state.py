"""The state folder `.netchu`: logs, checkpoints and downloads. They are not outputs; git and DVC ignore them."""

import os
from pathlib import Path


def state_folder() -> Path:
    """Return `.netchu` of the user's project, even within an experiment's copy, which DVC deletes after the run.

    DVC passes the project's folder to its commands in the environment variable DVC_ROOT.
    """
    return Path(os.path.relpath(os.environ.get("DVC_ROOT", "."))) / ".netchu"
