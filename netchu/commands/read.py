"""`python -m netchu read`: reads handwriting from image files."""

import argparse
import codecs
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
from tqdm import tqdm

from netchu.core.errors import NetchuError
from netchu.core.files import write_text
from netchu.core.progress import progress
from netchu.pages.image_files import PageFile, find_pages, open_page
from netchu.pages.output_formats import FORMATS, printable
from netchu.pages.page import Page
from netchu.pages.recognizer import Layout, Recognizer
from netchu.reading.decoders import DECODERS

_EPILOG = """\
examples:
  netchu read line.png                           the text of one image
  netchu read --format csv scans/ > scans.csv    a folder and all folders in it
  find . -name '*.jpg' | netchu read -           files named on standard input, one a row

exit status:
  0  every image was read
  1  some could not be read, or not written to --output; each is named on standard error
  2  nothing was read: a wrong argument, or no model
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="IMAGE_OR_FOLDER",
        help="PNG, JPEG, TIFF, WebP, PDF, ... or a folder of them; - takes names from standard input",
    )
    parser.add_argument(
        "--layout",
        choices=get_args(Layout),
        default="auto",
        help="what an image shows. line: one line of writing; page: several, which are found first, in one column; "
        "auto (default): either",
    )
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        default="text",
        help="text (default): the lines alone; jsonl: one JSON object an image, with lines, words, boxes in pixels and "
        "confidences; csv: one row a line; alto, page: ALTO or PAGE XML, a document an image",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="write a file for each image into DIR, named after it, instead of to standard output",
    )
    parser.add_argument(
        "--decoder",
        choices=list(DECODERS),
        default="beam",
        help="beam (default): with the language model; greedy: the network alone, faster",
    )
    parser.add_argument(
        "--min-confidence",
        type=_confidence,
        default=0.0,
        metavar="C",
        help="leave out lines whose confidence, 0 to 1, is below C (default 0: none)",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="DIR",
        help="folder of the model (default: models/pretrained, or else models/reader, which `dvc repro` makes)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write what is read to standard output, and what cannot be read to standard error; the exit status."""
    files = list(find_pages(_named(arguments.paths)))
    if not files:
        raise NetchuError("standard input names no files")
    recognizer = Recognizer.load(arguments.model)
    # What Pillow finds odd in a file that it can read is no one's concern here.
    warnings.filterwarnings("ignore", module="PIL")
    # One image a thread: OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)
    pages = recognizer.read_pages(files, open_page, arguments.layout, arguments.decoder)
    try:
        status = _read(files, pages, _writer(arguments, files), arguments.min_confidence)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `netchu read ... | head` wants no more: no error, as main knows
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter's last flush would fail
        raise NetchuError(f"standard output: cannot be written ({error.strerror})") from None


def _confidence(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _named(paths: list[str]) -> Iterator[str]:
    """The paths, with those that standard input names in the place of `-`."""
    for path in paths:
        if not path:
            raise NetchuError("an empty name: a variable that is not set?")
        if path == "-":
            if sys.stdin is None:
                raise NetchuError("standard input is closed")
            names = sys.stdin.buffer.read().removeprefix(codecs.BOM_UTF8)
            # `find -print0` ends names with a zero byte, since a name may hold any other.
            separator = b"\0" if b"\0" in names else b"\n"
            yield from (os.fsdecode(name.rstrip(b"\r")) for name in names.split(separator) if name.strip())
        else:
            yield path


def _writer(arguments: argparse.Namespace, files: list[PageFile]) -> Callable[[PageFile, Page], None]:
    """A function that writes what was read in a file to where `arguments` say, in their format."""
    kind = FORMATS[arguments.format]
    if arguments.output:
        targets = _targets(arguments.output, files, kind.suffix)
        try:
            arguments.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NetchuError(f"{arguments.output}: cannot be written ({error.strerror})") from None

        def write_file(file: PageFile, page: Page) -> None:
            try:
                write_text(targets[file], kind.header + kind.write(file, page))
            except OSError as error:
                raise NetchuError(f"cannot be written to {targets[file]} ({error.strerror})") from None

        return write_file
    if len(files) > 1 and not kind.many:
        raise NetchuError(f"--format {arguments.format} makes a document of each image; name a folder with --output")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(kind.header)

    def write(file: PageFile, page: Page) -> None:
        sys.stdout.write(kind.write(file, page))
        sys.stdout.flush()

    return write


def _targets(folder: Path, files: list[PageFile], suffix: str) -> dict[PageFile, Path]:
    """Where each page's file goes: no two to the same."""
    targets, taken = {}, {}
    for file in files:
        name = f"{file.path.stem}-{file.number:04}" if file.pages > 1 else file.path.stem
        path = folder / (name + suffix)
        if (other := taken.setdefault(path, file)) != file:
            raise NetchuError(f"{other} and {file} would both be written to {path}; read them into different folders")
        targets[file] = path
    return targets


def _read(
    files: list[PageFile],
    pages: Iterator[Page | NetchuError],
    write: Callable[[PageFile, Page], None],
    min_confidence: float,
) -> int:
    """Write every page that can be read and written, say what cannot, and return the exit status."""
    # On a terminal the text itself shows how far it is.
    shown = pages if sys.stdout.isatty() else progress(pages, "read", len(files))
    failed = left_out = 0
    for file, page in zip(files, shown, strict=True):
        try:
            if isinstance(page, NetchuError):
                raise page
            lines = tuple(line for line in page.lines if line.confidence >= min_confidence)
            write(file, replace(page, lines=lines))
            left_out += len(page.lines) - len(lines)
        except NetchuError as error:
            failed += 1
            # Above the progress bar, if there is one.
            tqdm.write(f"netchu read: {printable(file)}: {error}", file=sys.stderr)
    if left_out:
        print(f"netchu read: lines left out, of confidence below {min_confidence}: {left_out}", file=sys.stderr)
    if failed:
        print(f"netchu read: {failed} of {len(files)} images failed", file=sys.stderr)
    return int(failed > 0)
