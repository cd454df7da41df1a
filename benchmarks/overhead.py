"""Time the start of the stages, `dvc status`, and `dvc repro` with nothing to do: `python -m benchmarks.overhead`.

Run it in a project whose pipeline has run. It prints medians of 15 runs in seconds and takes 2 minutes. The commands
alternate, so that other load on the machine affects all of them alike. Expect `dvc repro` to take at most 1.3 times as
long as `dvc status`.
"""

import statistics
import subprocess
import sys
import time

from benchmarks.markdown import print_table

REPEATS = 15


def time_commands(commands: dict[str, list[str]]) -> dict[str, float]:
    """Return the median seconds of each command, after one untimed run of each that warms the disk cache."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(REPEATS + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def main() -> None:
    stages = {
        f"start of {stage}": [sys.executable, "-c", f"import stages.{stage}"]
        for stage in ("download", "clean", "preprocess", "split")
    }
    dvc = {"dvc status": ["dvc", "status"], "dvc repro, no change": ["dvc", "repro"]}
    seconds = time_commands(stages | dvc)
    print_table(["command", "seconds"], ((name, f"{value:.2f}") for name, value in seconds.items()))
    status, repro = (seconds[name] for name in dvc)
    print(f"\n`dvc repro` takes {repro / status:.2f} times as long as `dvc status`.")


if __name__ == "__main__":
    main()
