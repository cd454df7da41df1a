"""How long stages take to start, and a `dvc repro` with nothing to do against `dvc status`: `python -m benchmarks.overhead`.

Run it where the pipeline has run. Medians of five runs each, the first of all left out.
"""  # noqa: E501

import statistics
import subprocess
import sys
import time

REPEATS = 5


def seconds(*command: str) -> float:
    """Median seconds of a command, after one run that warms the disk cache."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def main() -> None:
    for stage in ("download", "clean", "preprocess", "split"):
        print(f"start of {stage:12}{seconds(sys.executable, '-c', f'import stages.{stage}'):6.2f} s")
    status, repro = seconds("dvc", "status"), seconds("dvc", "repro")
    print(f"dvc status           {status:6.2f} s")
    print(f"dvc repro, no change {repro:6.2f} s, {repro / status:.2f} times dvc status")


if __name__ == "__main__":
    main()
