"""What every stage does when it is run: read parameters, check inputs, run, log, print one summary or error line."""

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.params import Section, read_params
from netchu.core.run_log import log_run

Paths = Mapping[str, Path]


def run_stage(
    name: str, run: Callable[[Section, Paths, Paths], str], params: type[Section], inputs: Paths, outputs: Paths
) -> None:
    """Call `run(params, inputs, outputs)`, which returns its counts as text; exit with 1 where that fails."""
    started = time.perf_counter()
    try:
        values = read_params(params)
        for path in inputs.values():
            if not path.exists():
                raise NetchuError(f"{path}: not there; run `dvc repro {name}`, which makes it first")
        for path in outputs.values():
            for leftover in path.parent.glob(f".{path.name}.*"):  # what a killed run was writing
                shutil.rmtree(leftover, ignore_errors=True)
        summary = run(values, inputs, outputs)
    except NetchuError as error:
        sys.exit(f"{name}: error: {error}")
    except OSError as error:  # a full disk, a folder of another user's
        sys.exit(f"{name}: error: {error.filename or 'an output'}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted")
    seconds = time.perf_counter() - started
    log_run(name, seconds, outputs.values())
    print(f"{name}: {summary}, {seconds:.1f} s", flush=True)
