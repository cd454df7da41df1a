"""Time `netchu read`: `python -m benchmarks.reading [FOLDER] [--model READER]`.

It prints the seconds of a fresh process that reads one image, then for each decoder lines a second, processor time and
memory for 100 and for 1,000 line images; and the same for Tesseract, if it is installed with its Vietnamese model.
Processor time is that of all cores. Without FOLDER, a folder of line images, it draws 200 lines, as high as those of
Cinnamon and half as wide.

It takes two minutes on two cores. Expect the same memory for 100 and for 1,000 images, and on an idle machine with two
cores about 2,000 / (processor milliseconds a line) lines a second.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from netchu.pages.image_files import find_pages
from netchu.pictures.encoding import write_image
from netchu.pictures.images import decode_image
from netchu.reading.decoders import DECODERS
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer

HEIGHT = 103
"""Pixels of a drawn line."""

DRAWN_LINES, REPEATS, TESSERACT_LINES = 200, 7, 100


class Cost(NamedTuple):
    """Time and memory of a process."""

    seconds: float
    processor: float  # seconds of all cores
    memory: float  # peak, MiB


def measure(command: Sequence[str], paths: Sequence[Path] = (), **environment: str) -> Cost:
    """Run a command to its end, with `paths` on its standard input, a line each."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    process.stdin.write("".join(f"{path}\n" for path in paths).encode())
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def draw_lines(folder: Path) -> None:
    """Draw DRAWN_LINES lines, each by a different writer, HEIGHT pixels high, as PNG in colour."""
    rng = np.random.default_rng(1)
    for number in range(DRAWN_LINES):
        image = draw_line(address_line(rng, 64), sample_writer(rng), rng)
        width = round(image.shape[1] * HEIGHT / image.shape[0])
        write_image(folder / f"{number:03}.png", cv2.resize(image, (width, HEIGHT), interpolation=cv2.INTER_CUBIC))


def has_tesseract() -> bool:
    """Return whether Tesseract is installed with its Vietnamese model."""
    if not shutil.which("tesseract"):
        return False
    languages = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False).stdout
    return "vie" in languages.split()


def measure_start(read: list[str], image: Path) -> Iterator[list[str]]:
    """Yield the cells of a table row for a fresh process that reads one image."""
    measure([*read, str(image)])  # warms the disk cache
    costs = [measure([*read, str(image)]) for _ in range(REPEATS)]
    medians = (statistics.median(values) for values in zip(*costs, strict=True))
    yield [f"median of {REPEATS}", *(f"{median:.2f}" for median in medians)]


def measure_many(read: list[str], images: list[Path]) -> Iterator[list[str]]:
    """Yield the cells of a table row for each decoder and number of images, and for Tesseract."""
    for decoder in DECODERS:
        for count in (100, 1000):
            paths = [images[number % len(images)] for number in range(count)]
            cost = measure([*read, "--decoder", decoder, "-"], paths)
            yield format_cost(f"{count} images, {decoder}", count, cost)
    if has_tesseract():
        costs = [
            measure(["tesseract", str(image), "-", "-l", "vie", "--psm", "7"], OMP_THREAD_LIMIT="1")
            for image in images[:TESSERACT_LINES]
        ]
        seconds, processor, memory = zip(*costs, strict=True)
        total = Cost(sum(seconds), sum(processor), max(memory))
        yield format_cost(f"{len(costs)} images, Tesseract one by one", len(costs), total)


def format_cost(name: str, lines: int, cost: Cost) -> list[str]:
    """Return the cells of a table row."""
    return [name, f"{lines / cost.seconds:.1f}", f"{1000 * cost.processor / lines:.1f}", f"{cost.memory:.0f}"]


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="line images (default: drawn ones)")
    parser.add_argument("--model", help="folder of the reader")
    arguments = parser.parse_args()
    read = [sys.executable, "-m", "netchu", "read", "--layout", "line", "--format", "jsonl"]
    if arguments.model:
        read += ["--model", arguments.model]
    with tempfile.TemporaryDirectory() as temporary:
        if not arguments.folder:
            draw_lines(Path(temporary))
        images = [page.path for page in find_pages([arguments.folder or temporary])]
        sizes = [decode_image(image.read_bytes()).shape[:2] for image in images[:50]]
        height, width = np.median(sizes, axis=0).astype(int)
        print(f"{len(images)} images, median {width} x {height} pixels; {os.cpu_count()} cores\n")
        print_table(["one image, fresh process", "seconds", "processor", "peak MiB"], measure_start(read, images[0]))
        print()
        print_table(["many images", "lines/s", "ms a line", "peak MiB"], measure_many(read, images))


if __name__ == "__main__":
    main()
