"""Where a stage keeps what outlives it but is no output: the folder `.netchu`, which neither git nor DVC tracks."""

import os
from pathlib import Path


def state_folder() -> Path:
    """`.netchu` of the user's project, also from an experiment's copy of it, which DVC deletes when the run ends.

    DVC names the project to the commands that it runs, in the environment.
    """
    return Path(os.path.relpath(os.environ.get("DVC_ROOT", "."))) / ".netchu"
