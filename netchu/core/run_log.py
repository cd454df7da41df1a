"""The log of stage runs: time, memory, machine and package versions, which may explain a difference between two runs.

Each run appends one line of JSON to a file that neither git nor DVC tracks. Experiments that run in a copy of the
project write to the log of the project. To find the run that made a figure, look up the MD5 of its metrics file.
"""

import contextlib
import datetime
import hashlib
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from netchu.core.state import state_folder

_PACKAGES = ("cv2", "keras", "numpy", "onnxruntime", "pandas", "pyarrow", "rapidfuzz", "tensorflow")
"""Modules whose version may change a figure."""


def log_run(stage: str, seconds: float, outputs: Iterable[Path]) -> None:
    """Append the facts of a successful run that took `seconds`; do nothing where the log cannot be written."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "stage": stage,
        "experiment": os.environ.get("DVC_EXP_NAME"),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "processor_seconds": round(time.process_time(), 1),
        "peak_memory_mb": used.ru_maxrss // 1024,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: sys.modules[name].__version__ for name in _PACKAGES if name in sys.modules},
        "metrics": {
            path.as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
            for path in outputs
            if path.parts[0] == "metrics" and path.is_file()
        },
    }
    file = state_folder() / "runs.jsonl"
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as log:
            log.write(json.dumps(facts) + "\n")


def _processor() -> str:
    """Return the name of the processor's model."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
