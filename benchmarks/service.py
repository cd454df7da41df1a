"""Put load on `netchu serve`: `python -m benchmarks.service [--clients N] [--seconds S]`.

Each client posts one file after the other, and starts the next request when it has the answer. The files are drawn
lines and the page of app/examples, in turn. It prints the answers by status, the latency, and the memory of the
service.

It takes a minute. Expect only status 200, every answer equal to the first one for the same file, and the memory at the
end within some percent of that after a quarter of the time. With more clients than places, expect status 503, too.
"""

import argparse
import contextlib
import itertools
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import requests

from benchmarks.markdown import print_table
from netchu.pictures.encoding import encode_image
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer

LINES = 7
"""Drawn lines for each page."""


class Answer(NamedTuple):
    """The answer to one request."""

    file: int
    status: int  # 0 if the connection failed
    text: str
    seconds: float


class Service(NamedTuple):
    """A process that serves."""

    process: subprocess.Popen
    address: str
    log: list[str]  # rows so far


@contextlib.contextmanager
def start_service(*arguments: str, **options) -> Iterator[Service]:
    """Run `netchu serve`, at any free port unless `arguments` name one; end it afterwards.

    Args:
        options: of subprocess.Popen.

    Raises:
        RuntimeError: it ends before it serves.
    """
    command = [sys.executable, "-m", "netchu", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
    log: list[str] = []
    try:
        for row in process.stderr:
            log.append(row)
            if "listening at " in row:
                break
        else:
            raise RuntimeError("".join(log))
        # A full pipe would block the service.
        threading.Thread(target=lambda: log.extend(process.stderr), daemon=True).start()
        yield Service(process, row.partition("listening at ")[2].partition(",")[0], log)
    finally:
        process.terminate()
        process.wait()


def make_files() -> list[bytes]:
    """Return image files: drawn lines, and a photographed page."""
    rng = np.random.default_rng(1)
    lines = [encode_image(draw_line(address_line(rng, 64), sample_writer(rng), rng)) for _ in range(LINES)]
    return [*lines, Path("app/examples/page.jpg").read_bytes()]


def send_requests(address: str, files: list[bytes], first: int, end: float) -> list[Answer]:
    """Post the files in turn, from the file `first`, until the time `end`."""
    answers = []
    with requests.Session() as session:
        for number in itertools.count(first):
            started = time.perf_counter()
            if started > end:
                return answers
            file = number % len(files)
            try:
                answer = session.post(f"{address}/read", files={"files": ("x", files[file])}, timeout=300)
                status, text = answer.status_code, answer.text
            except requests.RequestException:
                status, text = 0, ""
            answers.append(Answer(file, status, text, time.perf_counter() - started))


def measure_memory(process: psutil.Process, end: float) -> list[float]:
    """Return the memory of a process in MiB, once a second until the time `end`."""
    memory = []
    while time.perf_counter() < end:
        memory.append(process.memory_info().rss / 2**20)
        time.sleep(1)
    return memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    files = make_files()
    with (
        start_service() as service,
        ThreadPoolExecutor(arguments.clients) as pool,
    ):
        started = time.perf_counter()
        end = started + arguments.seconds
        clients = [
            pool.submit(send_requests, service.address, files, number, end) for number in range(arguments.clients)
        ]
        memory = measure_memory(psutil.Process(service.process.pid), end)
        answers = [answer for client in clients for answer in client.result()]
        seconds = time.perf_counter() - started
    texts = {answer.file: answer.text for answer in reversed(answers) if answer.status == 200}
    different = sum(answer.status == 200 and answer.text != texts[answer.file] for answer in answers)
    print(
        f"{arguments.clients} clients, {seconds:.0f} seconds, {os.cpu_count()} cores; one file in {LINES + 1} is a page"
    )
    print(f"answers by status: {dict(Counter(answer.status for answer in answers))}; with another text: {different}\n")
    times = np.array([answer.seconds for answer in answers if answer.status == 200])
    print_table(
        ["requests/s", *(f"p{share} s" for share in (50, 95, 99)), "longest s"],
        [
            [
                f"{len(times) / seconds:.1f}",
                *(f"{time:.2f}" for time in (*np.percentile(times, (50, 95, 99)), times.max())),
            ]
        ],
    )
    quarter = len(memory) // 4
    print()
    print_table(
        ["memory, MiB", "at 1/4", "at 1/2", "at 3/4", "at the end", "highest"],
        [
            [
                "service",
                *(f"{memory[min(share * quarter, len(memory) - 1)]:.0f}" for share in range(1, 5)),
                f"{max(memory):.0f}",
            ]
        ],
    )


if __name__ == "__main__":
    main()
