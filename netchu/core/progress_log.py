"""The progress of a DVC experiment, as JSON lines in the state folder, which the web page shows."""

import contextlib
import json
import os
from pathlib import Path

from netchu.core.state import state_folder


def progress_path(experiment: str) -> Path:
    """Return the file to which the stages of `experiment` (its name in DVC) append their progress."""
    return state_folder() / "progress" / f"{experiment}.jsonl"


def log_progress(**facts: object) -> None:
    """Append `facts` as one JSON line; do nothing outside a DVC experiment or where the file cannot be written.

        log_progress(stage="train", epoch=3, epochs=20)

    DVC sets DVC_EXP_NAME for the commands of an experiment.
    """
    experiment = os.environ.get("DVC_EXP_NAME")
    if not experiment:
        return
    path = progress_path(experiment)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(facts, ensure_ascii=False) + "\n")
