"""Progress of a fine-tuning, from the JSON lines that the stages of its experiment write."""

import contextlib
import json
from typing import NamedTuple

from netchu.core.progress_log import progress_path


class Progress(NamedTuple):
    """The progress of a run."""

    stage: str = ""  # name of the pipeline's stage that started last; "" before the first
    epoch: int = 0  # finished epochs
    epochs: int = 0  # all epochs; 0 before the first has finished
    cer: float | None = None  # of the validation lines after `epoch`, in percent
    minutes_left: float | None = None  # of the training
    error: str = ""  # one line, where a stage failed


def read_progress(experiment: str) -> Progress:
    """Return the progress of the experiment with this name; skip lines that are damaged or still being written."""
    facts: dict = {}
    with contextlib.suppress(OSError):
        for line in progress_path(experiment).read_bytes().splitlines():
            with contextlib.suppress(ValueError, TypeError):
                facts |= json.loads(line)
    epoch = facts.get("epoch", 0)
    return Progress(
        stage=facts.get("stage", ""),
        epoch=epoch,
        epochs=facts.get("epochs", 0),
        cer=facts.get("validation_cer"),
        # The first epoch includes the start of TensorFlow, so the estimate after it is wrong.
        minutes_left=facts.get("minutes_left") if epoch > 1 else None,
        error=facts.get("error", ""),
    )
