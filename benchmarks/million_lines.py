"""Measure the first four stages with many lines: `python -m benchmarks.million_lines [--lines N ...]`.

It draws 200 small lines once, and writes a zip archive of N images: the drawn ones in turn, each file with its number
appended, so that no two are equal. Texts differ by the number, and 50 lines have one writer. In a temporary project, as
large as five archives, `dvc repro split` runs the stages download, clean, preprocess and split. The script
prints seconds, processor seconds and peak memory of each stage, as it logs them itself, the memory that each additional
line costs, and the size of its largest output; then the seconds of `dvc status` and `dvc repro` without changes. The
seconds of a stage do not include its imports, the processor seconds do.

Expect the same time per line for any N, and at most 1.5 kB of memory per additional line: names, texts and hashes, but
no images.
"""

import argparse
import json
import resource
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from ruamel.yaml import YAML

from benchmarks.markdown import print_table
from netchu.pictures.encoding import encode_image
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer

ROOT = Path(__file__).parent.parent

DRAWN_LINES, HEIGHT, CHARACTERS = 200, 40, 20

LINES_OF_WRITER = 50

OUTPUTS = {
    "download": "data/raw/lines.zip",
    "clean": "data/clean/lines.parquet",
    "preprocess": "data/preprocess/lines.parquet",
    "split": "data/split/lines.csv",
}
"""The largest output of each stage."""


def draw_lines() -> list[tuple[bytes, str]]:
    """Return DRAWN_LINES images of lines, each as a grey PNG file of HEIGHT pixels, with its text."""
    rng = np.random.default_rng(1)
    lines = []
    while len(lines) < DRAWN_LINES:
        text = address_line(rng, CHARACTERS)
        image = cv2.cvtColor(draw_line(text, sample_writer(rng), rng), cv2.COLOR_RGB2GRAY)
        width = round(image.shape[1] * HEIGHT / image.shape[0])
        # Wide enough for the number that the text gets.
        if width > 16 * CHARACTERS // 2:
            lines.append((encode_image(cv2.resize(image, (width, HEIGHT), interpolation=cv2.INTER_AREA)), text))
    return lines


def write_archive(path: Path, count: int, drawn: list[tuple[bytes, str]]) -> None:
    """Write a zip archive of `count` lines in the layout of a table: the drawn lines in turn."""
    with zipfile.ZipFile(path, "w") as archive:
        rows = ["file,text,writer\n"]
        for number in range(count):
            image, text = drawn[number % len(drawn)]
            name = f"{number // 1000:04}/{number:07}.png"
            # Decoders ignore bytes after the end of a PNG file.
            archive.writestr(name, image + f"{number:07}".encode())
            rows.append(f'{name},"{number} {text}",writer {number // LINES_OF_WRITER}\n')
        archive.writestr("lines.csv", "".join(rows))


def make_project(folder: Path, archive: Path) -> None:
    """Make a DVC project with the code and the parameters of this one, whose data is `archive`."""
    folder.mkdir()
    for name in ("netchu", "stages"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "dvc.yaml", folder)
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["download"] |= {"source": "archive", "archives": [str(archive)]}
    yaml.dump(params, folder / "params.yaml")
    (folder / ".dvc").mkdir()
    # Hard links instead of a second copy of each output.
    config = "[core]\n    no_scm = true\n    analytics = false\n[cache]\n    type = hardlink\n"
    (folder / ".dvc" / "config").write_text(config, encoding="utf-8")


def run_dvc(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run a command of DVC in `folder`; return its seconds and its processor seconds, with those of the stages."""
    started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["dvc", *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"dvc {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = spent.ru_utime + spent.ru_stime - used.ru_utime - used.ru_stime
    return time.perf_counter() - started, processor


def read_log(folder: Path) -> dict[str, dict]:
    """Return the facts that each stage of the project in `folder` has logged, by its name."""
    facts = map(json.loads, (folder / ".netchu" / "runs.jsonl").read_text(encoding="utf-8").splitlines())
    return {fact["stage"]: fact for fact in facts}


def measure(counts: list[int], folder: Path) -> Iterator[list[str]]:
    """Yield the cells of a table row for each number of lines and each stage, and for the commands of DVC."""
    drawn = draw_lines()
    memory: dict[str, float] = {}  # of the run before, MiB
    for index, count in enumerate(counts):
        archive, project = folder / "lines.zip", folder / "project"
        write_archive(archive, count, drawn)
        make_project(project, archive)
        seconds, processor = run_dvc(project, "repro", "split")
        stages = read_log(project)
        for stage, output in OUTPUTS.items():
            fact = stages[stage]
            seconds, processor = seconds - fact["seconds"], processor - fact["processor_seconds"]
            peak, size = fact["peak_memory_mb"], (project / output).stat().st_size
            slope = (peak - memory[stage]) * 2**20 / (count - counts[index - 1]) if index else None
            memory[stage] = peak
            yield [
                *format_times(stage, count, fact["seconds"], fact["processor_seconds"]),
                f"{peak:.0f}",
                "" if slope is None else f"{slope:.0f}",
                f"{size / 1e6:.1f}",
            ]
        yield [*format_times("dvc repro split, without the stages", count, seconds, processor), "", "", ""]
        for name, command in (("dvc status", ("status", *OUTPUTS)), ("dvc repro, no change", ("repro", "split"))):
            yield [*format_times(name, count, *run_dvc(project, *command)), "", "", ""]
        shutil.rmtree(project)


def format_times(name: str, count: int, seconds: float, processor: float) -> list[str]:
    """Return the first cells of a table row."""
    return [name, f"{count:,}", f"{seconds:.1f}", f"{count / max(seconds, 0.1):.0f}", f"{processor:.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="+", default=[1000, 10000], help="ascending (default: 1000 10000)")
    arguments = parser.parse_args()
    columns = ["stage", "lines", "seconds", "lines/s", "CPU seconds", "peak MiB", "bytes/line more", "output MB"]
    with tempfile.TemporaryDirectory() as temporary:
        print_table(columns, measure(arguments.lines, Path(temporary)))


if __name__ == "__main__":
    main()
