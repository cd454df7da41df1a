"""How fast `netchu read` is, and in how much memory: `python -m benchmarks.reading [IMAGE_FOLDER] [--model DIR]`.

One image by a fresh process; and with either decoder 1,000 line images against 100, whose memory should be the same.
Processor time is that of all cores: on an idle machine of two, the lines a second come near 2 / (processor seconds a
line). Beside it Tesseract, where it is installed with its Vietnamese model. Without a folder, the lines are drawn: as
high as the Cinnamon set's, and about half as wide.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import cv2
import numpy as np

from netchu.pages.image_files import find_pages
from netchu.reading.reader import Decoder
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer

HEIGHT, DRAWN, REPEATS, TESSERACT_LINES = 103, 200, 7, 100


class Run(NamedTuple):
    """What a process cost."""

    seconds: float
    processor: float  # seconds of all cores
    memory: float  # MiB at most


def measure(command: Sequence[str], names: Sequence[Path] = (), **environment: str) -> Run:
    """Run a command to its end, the paths `names` on its standard input."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    process.stdin.write("".join(f"{name}\n" for name in names).encode())
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def draw_lines(folder: Path) -> None:
    """DRAWN lines of invented writers, HEIGHT pixels high, as PNG in colour."""
    rng = np.random.default_rng(1)
    for number in range(DRAWN):
        image = draw_line(address_line(rng, 64), sample_writer(rng), rng)
        width = round(image.shape[1] * HEIGHT / image.shape[0])
        cv2.imwrite(str(folder / f"{number:03}.png"), cv2.resize(image, (width, HEIGHT), interpolation=cv2.INTER_CUBIC))


def tesseract() -> bool:
    """Whether Tesseract is there and knows Vietnamese."""
    if not shutil.which("tesseract"):
        return False
    languages = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False).stdout
    return "vie" in languages.split()


def report(images: list[Path], model: list[str]) -> None:
    """Print the table for `images`."""
    height, width = np.median([cv2.imread(str(image)).shape[:2] for image in images[:50]], axis=0).astype(int)
    print(f"{len(images)} images, {width} x {height} pixels in the median; {os.cpu_count()} cores")
    read = [sys.executable, "-m", "netchu", "read", "--layout", "line", "--format", "jsonl", *model]

    measure([*read, str(images[0])])  # warms the disk's cache
    cold = [measure([*read, str(images[0])]) for _ in range(REPEATS)]
    print("one image, fresh process")
    print(f"  median of {REPEATS}    {statistics.median(run.seconds for run in cold):8.2f} s")
    print(f"  processor      {statistics.median(run.processor for run in cold):8.2f} s")

    print("many images                   lines/s  processor ms a line  peak MiB")
    for decoder in get_args(Decoder):
        for count in (100, 1000):
            names = [images[number % len(images)] for number in range(count)]
            print_row(f"{count}, {decoder}", count, measure([*read, "--decoder", decoder, "-"], names))

    if not tesseract():
        print("  Tesseract with its Vietnamese model is not installed")
        return
    runs = [
        measure(["tesseract", str(image), "-", "-l", "vie", "--psm", "7"], OMP_THREAD_LIMIT="1")
        for image in images[:TESSERACT_LINES]
    ]
    seconds, processor, memory = zip(*runs, strict=True)
    print_row(f"{len(runs)}, Tesseract one by one", len(runs), Run(sum(seconds), sum(processor), max(memory)))


def print_row(name: str, lines: int, run: Run) -> None:
    print(f"  {name:26}{lines / run.seconds:10.1f}{1000 * run.processor / lines:21.1f}{run.memory:10.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time `netchu read`.")
    parser.add_argument("folder", nargs="?", type=Path, help="line images (default: drawn ones)")
    parser.add_argument("--model", help="folder of the model")
    arguments = parser.parse_args()
    model = ["--model", arguments.model] if arguments.model else []
    with tempfile.TemporaryDirectory() as temporary:
        if not arguments.folder:
            draw_lines(Path(temporary))
        report([page.path for page in find_pages([arguments.folder or temporary])], model)


if __name__ == "__main__":
    main()
