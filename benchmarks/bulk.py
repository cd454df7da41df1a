"""Time and interrupt `netchu bulk`: `python -m benchmarks.bulk [--lines N] [--long N] [--decoder D] [--kills N]`.

It links N names to 200 drawn lines, 103 pixels high, as high as those of Cinnamon and half as wide. It reads them with
the local engine, with one process and with two, and with Ray, if that is installed, with two actors; then `--long`
names with two processes. Processor time and memory are those of all processes, sampled four times a second. Then it
reads 800 names with each engine, and kills (SIGKILL) the driver or another process at random moments.

With the default decoder and an idle machine of two cores it takes 20 minutes. Expect two processes at least 1.8 times
as fast as one, Ray within 15 % of the local engine, equal memory for few and for many lines, and after all kills each
line exactly once.
"""

import argparse
import contextlib
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pyarrow.parquet as pq

from benchmarks.markdown import print_table
from benchmarks.reading import draw_lines

KILLED_LINES, KILLED_SHARD = 800, 10
"""Lines, and lines in a shard, of the runs that are killed."""

MOST_SECONDS_TO_KILL = 4
"""Longest time from the start of the first process that reads, or from a kill, to the next kill."""


class Cost(NamedTuple):
    """Time and memory of a run."""

    seconds: float
    first: float  # seconds until the first shard exists
    processor: float  # seconds of all processes and cores
    memory: float  # peak of all processes, MiB


def link_lines(drawn: Path, folder: Path, count: int) -> Path:
    """Make a folder with `count` names for the drawn lines; return it."""
    folder.mkdir()
    images = sorted(drawn.iterdir())
    for number in range(count):
        os.link(images[number % len(images)], folder / f"{number:06}.png")
    return folder


def start(lines: Path, output: Path, *arguments: str) -> subprocess.Popen:
    """Start a run."""
    command = [sys.executable, "-m", "netchu", "bulk", "--layout", "line", *arguments, str(lines), str(output)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def list_processes(driver: subprocess.Popen) -> list[psutil.Process]:
    """Return the processes of a run, without the driver."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(driver.pid).children(recursive=True)
    return []


def list_shards(output: Path) -> dict[str, int]:
    """Return the shards and their inodes, which change if a file is written again."""
    return {path.name: path.stat().st_ino for path in output.glob("part-*.parquet")}


def measure(lines: Path, output: Path, *arguments: str) -> Cost:
    """Run to the end."""
    started = time.perf_counter()
    driver, memory, first = start(lines, output, *arguments), 0.0, 0.0
    processor: dict[int, float] = {}  # by process
    while driver.poll() is None:
        time.sleep(0.25)
        if not first and list_shards(output):
            first = time.perf_counter() - started
        used = 0
        for process in [psutil.Process(driver.pid), *list_processes(driver)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                used += process.memory_info().rss
                processor[process.pid] = sum(process.cpu_times()[:2])
        memory = max(memory, used / 2**20)
    if driver.returncode:
        sys.exit(f"failed: {' '.join(driver.args)}")
    return Cost(time.perf_counter() - started, first, sum(processor.values()), memory)


def kill_often(lines: Path, output: Path, kills: int, rng: random.Random, *arguments: str) -> str:
    """Kill the driver or another process of a run at random moments; return a sentence on the rows at the end."""
    killed: Counter[str] = Counter()
    driver, existing = start(lines, output, *arguments), {}
    while killed.total() < kills:
        while driver.poll() is None and not list_readers(driver):
            time.sleep(0.1)
        time.sleep(rng.uniform(0, MOST_SECONDS_TO_KILL))
        readers = list_readers(driver)
        if driver.poll() is not None:  # it was faster than the kills
            break
        if readers and rng.random() < 0.5:
            victim = rng.choice(readers)
            with contextlib.suppress(psutil.NoSuchProcess):
                killed[name_process(victim)] += 1
                victim.kill()
        else:
            killed["driver"] += 1
            driver.kill()
            driver.wait()
            _, alive = psutil.wait_procs(readers, timeout=60)
            assert not alive, "a reading process has outlived its driver"
            driver = start(lines, output, *arguments)
        shards = list_shards(output)
        assert existing.items() <= shards.items(), "a shard was written twice"
        existing = shards
    driver.wait()
    assert driver.returncode == 0 and existing.items() <= list_shards(output).items()
    ids = [id for name in sorted(list_shards(output)) for id in pq.read_table(output / name)["id"].to_pylist()]
    expected = sorted(path.name for path in lines.iterdir())
    verdict = "each line exactly once" if ids == expected else "WRONG ROWS"
    return f"{dict(killed)} killed; {len(ids)} rows, {verdict}"


def list_readers(driver: subprocess.Popen) -> list[psutil.Process]:
    """Return the processes of a run that read shards, and the actors of Ray that have one."""
    readers = []
    for process in list_processes(driver):
        with contextlib.suppress(psutil.NoSuchProcess):
            readers += [process] * (name_process(process) != "other")
    return readers


def name_process(process: psutil.Process) -> str:
    """Return "reading process", "actor" or "other"."""
    command = " ".join(process.cmdline())
    if "netchu.bulk.worker" in command:
        return "reading process"
    return "actor" if "MapWorker" in command else "other"


def measure_engines(
    drawn: Path, folder: Path, arguments: argparse.Namespace, engines: list[str]
) -> Iterator[list[str]]:
    """Yield the cells of a table row for each engine and number of processes, and for the long run."""
    lines = link_lines(drawn, folder / "lines", arguments.lines)
    base = None
    runs = [("local", 1), ("local", 2)] + [("ray", 2)] * ("ray" in engines)
    for engine, processes in runs:
        options = ("--engine", engine, "--processes", str(processes), "--decoder", arguments.decoder)
        cost = measure(lines, folder / f"{engine}-{processes}", *options)
        base = base or cost.seconds
        yield format_cost(f"{engine}, {processes}", arguments.lines, cost, base)
    if arguments.long:
        cost = measure(
            link_lines(drawn, folder / "long", arguments.long),
            folder / "long-output",
            *("--processes", "2", "--decoder", arguments.decoder),
        )
        yield format_cost("local, 2", arguments.long, cost, base * arguments.long / arguments.lines)


def format_cost(name: str, lines: int, cost: Cost, base: float) -> list[str]:
    """Return the cells of a table row; `base` is the seconds of one local process."""
    return [
        name,
        str(lines),
        f"{cost.seconds:.0f}",
        f"{cost.first:.0f}",
        f"{lines / cost.seconds:.1f}",
        f"{base / cost.seconds:.2f}",
        f"{1000 * cost.processor / lines:.1f}",
        f"{cost.memory:.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=5000)
    parser.add_argument("--long", type=int, default=20000, help="lines of the long run, 0 for none")
    parser.add_argument("--decoder", default="beam")
    parser.add_argument("--kills", type=int, default=10, help="for each engine")
    arguments = parser.parse_args()
    engines = ["local"] + ["ray"] * (importlib.util.find_spec("ray") is not None)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "drawn").mkdir()
        draw_lines(folder / "drawn")
        if arguments.lines:
            header = [
                "engine, processes",
                "lines",
                "seconds",
                "first shard after",
                "lines/s",
                "speed",
                "CPU ms/line",
                "peak MiB",
            ]
            print_table(header, measure_engines(folder / "drawn", folder, arguments, engines))
        lines = link_lines(folder / "drawn", folder / "killed", KILLED_LINES)
        for engine in engines if arguments.kills else ():
            options = ("--engine", engine, "--processes", "2", "--shard-size", str(KILLED_SHARD))
            result = kill_often(lines, folder / f"killed-{engine}", arguments.kills, random.Random(1), *options)
            print(f"\n{engine}: {result}", flush=True)


if __name__ == "__main__":
    main()
