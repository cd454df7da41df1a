"""Start of the stages, and of a `dvc repro` with nothing to do beside `dvc status`: `python -m benchmarks.overhead`.

Run it where the pipeline has run. Medians of 15 runs that take turns, so that all see the same load.
"""

import statistics
import subprocess
import sys
import time

REPEATS = 15


def seconds(commands: dict[str, list[str]]) -> dict[str, float]:
    """Median seconds of each command, after one run of each that warms the disk cache."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPEATS + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def main() -> None:
    starts = {
        f"start of {stage}": [sys.executable, "-c", f"import stages.{stage}"]
        for stage in ("download", "clean", "preprocess", "split")
    }
    dvc = {"dvc status": ["dvc", "status"], "dvc repro, no change": ["dvc", "repro"]}
    found = seconds(starts | dvc)
    for name, value in found.items():
        print(f"{name:22}{value:6.2f} s")
    status, repro = (found[name] for name in dvc)
    print(f"dvc repro takes {repro / status:.2f} times dvc status")


if __name__ == "__main__":
    main()
