"""Measure where a line's time goes: `python -m benchmarks.line_time [FOLDER] [--model READER]`.

In one thread, it reads the line images of FOLDER, or 200 drawn lines, with each decoder. It prints
the milliseconds of processor time a line, also in percent of reading greedily, for each step and for reading with each
decoder. The caches of the language model are empty at first, as in `netchu read`.

200 lines take ten seconds.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2

from benchmarks.errors import report_errors
from benchmarks.markdown import print_table
from benchmarks.reading import draw_lines
from netchu.pages.image_files import find_pages
from netchu.pictures.images import decode_image
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.decoders import DECODERS
from netchu.reading.line_reading import read_words
from netchu.reading.reader import Reader
from netchu.reading.reader_folders import find_default_reader


def measure(paths: list[Path], reader: Reader) -> Counter[str]:
    """Return the seconds of processor time of each step, added up over line images."""
    seconds: Counter[str] = Counter()

    def run(step: str, function: Callable, *arguments: Any) -> Any:
        started = time.process_time()
        result = function(*arguments)
        seconds[step] += time.process_time() - started
        return result

    params = PreprocessParams(**reader.preprocess)
    for path in paths:
        picture = run("decode the file", decode_image, path.read_bytes())
        image = run("make the line image", line_image, picture, params)
        logits = run("network", reader.network, image)
        for name, decode in DECODERS.items():
            text = run(f"decoder {name}", decode, logits, reader.decoder_parts)
        run("words and confidence", read_words, logits, text)
    return seconds


def format_costs(seconds: Counter[str], lines: int) -> Iterator[list[str]]:
    """Yield the cells of a table row for each step, and for all steps with each decoder."""
    shared = sum(value for step, value in seconds.items() if not step.startswith("decoder "))
    totals = {f"all, {name}": shared + seconds[f"decoder {name}"] for name in DECODERS}
    for step, value in (*seconds.items(), *totals.items()):
        yield [step, f"{1000 * value / lines:.2f}", f"{100 * value / totals['all, greedy']:.0f}"]


@report_errors()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="line images (default: drawn ones)")
    parser.add_argument("--model", type=Path, help="folder of the reader")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    reader = Reader.load(arguments.model or find_default_reader())
    with tempfile.TemporaryDirectory() as temporary:
        if not arguments.folder:
            draw_lines(Path(temporary))
        paths = [page.path for page in find_pages([arguments.folder or temporary])]
        measure(paths[:3], reader)  # warms up
        print_table(
            [f"{len(paths)} lines", "ms a line", "% of greedy"], format_costs(measure(paths, reader), len(paths))
        )


if __name__ == "__main__":
    main()
