"""The steps that all stages share: read parameters, check inputs, run, log, print a summary or an error in one line."""

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from netchu.core.errors import NetchuError
from netchu.core.params import Section, read_params
from netchu.core.progress_log import log_progress
from netchu.core.run_log import log_run

Paths = Mapping[str, Path]


def run_stage(
    name: str, run: Callable[[Section, Paths, Paths], str], params: type[Section], inputs: Paths, outputs: Paths
) -> None:
    """Call `run(params, inputs, outputs)` and print the summary it returns; on an error exit with status 1.

    A stage ends with:

        if __name__ == "__main__":
            run_stage("split", run, Params, INPUTS, OUTPUTS)
    """
    started = time.perf_counter()
    log_progress(stage=name, state="started")
    try:
        values = read_params(params)
        for path in inputs.values():
            if not path.exists():
                raise NetchuError(f"{path}: missing; run `dvc repro {name}`, which makes it first")
        for path in outputs.values():
            for leftover in path.parent.glob(f".{path.name}.*"):  # of a killed run
                shutil.rmtree(leftover, ignore_errors=True)
        summary = run(values, inputs, outputs)
    except NetchuError as error:
        _exit(name, str(error))
    except OSError as error:  # a full disk, a folder of another user
        _exit(name, f"{error.filename or 'an output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted")
    seconds = time.perf_counter() - started
    log_run(name, seconds, outputs.values())
    print(f"{name}: {summary}, {seconds:.1f} s", flush=True)


def _exit(name: str, message: str) -> NoReturn:
    """Log the error message to the progress log, print it, and exit with status 1."""
    log_progress(stage=name, error=message)
    sys.exit(f"{name}: error: {message}")
