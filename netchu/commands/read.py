"""`python -m netchu read`: read handwriting from image files."""

import argparse
import codecs
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, get_args

import cv2
from tqdm import tqdm

from netchu.core.errors import NetchuError
from netchu.core.files import write_bytes, write_text
from netchu.core.printing import escape_unprintable
from netchu.core.progress import progress
from netchu.pages.image_files import PageFile, find_pages, open_page
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Page
from netchu.pages.recognizer import Layout, Recognizer
from netchu.reading.decoders import DECODERS, DEFAULT_DECODER

_EPILOG = """\
examples:
  netchu read line.png                           the text of one image
  netchu read --format csv scans/ > scans.csv    a folder and its subfolders
  find . -name '*.jpg' | netchu read -           files named on standard input, one per row

exit status:
  0  every image was read
  1  some images could not be read or written; each is named on standard error
  2  nothing was read: an invalid argument, or no model
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`; their help has a translation in netchu.commands.language."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="IMAGE_OR_FOLDER",
        help="PNG, JPEG, TIFF, WebP, PDF, ... or a folder of them; - reads file names from standard input",
    )
    parser.add_argument(
        "--layout",
        choices=get_args(Layout),
        default="auto",
        help="content of an image. line: one line of writing; page: one column of lines; auto (default): either",
    )
    parser.add_argument(
        "--format",
        choices=(*OUTPUT_FORMATS, "pdf"),
        default="text",
        help="text (default): the lines alone; jsonl: one JSON object per image, with lines, words, boxes in pixels "
        "and confidences; csv: one row per line; alto, page, hocr: one ALTO XML, PAGE XML or hOCR document per image; "
        "pdf: one searchable PDF per file, with --output",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="write one file per image, named after it, into DIR instead of writing to standard output",
    )
    parser.add_argument(
        "--decoder",
        choices=list(DECODERS),
        default=DEFAULT_DECODER,
        help="beam (default): with the language model; greedy: the network alone, faster",
    )
    parser.add_argument(
        "--min-confidence",
        type=_confidence,
        default=0.0,
        metavar="C",
        help="leave out lines with a confidence, 0 to 1, below C (default 0: none)",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="DIR",
        help="folder of the model (default: models/adopted, models/pretrained or models/reader, the first that exists)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the reading of the images as requested, and errors to standard error; return the exit status."""
    files = list(find_pages(_expand_names(arguments.paths)))
    if not files:
        raise NetchuError("standard input names no files")
    recognizer = Recognizer.load(arguments.model)
    # Pillow also warns about files that it can read.
    warnings.filterwarnings("ignore", module="PIL")
    # Each thread reads one image; OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)
    pages = recognizer.read_pages(files, open_page, arguments.layout, arguments.decoder)
    try:
        status = _write_pages(files, pages, _make_writer(arguments, files), arguments.min_confidence)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `netchu read ... | head`: handled by main
        raise
    except OSError as error:
        # Otherwise Python would fail again when it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise NetchuError(f"standard output: cannot be written ({error.strerror})") from None


def _confidence(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _expand_names(paths: list[str]) -> Iterator[str]:
    """Yield the paths; for `-`, yield the names on standard input."""
    for path in paths:
        if not path:
            raise NetchuError("a file name is empty; is a variable not set?")
        if path == "-":
            if sys.stdin is None:
                raise NetchuError("standard input is closed")
            names = sys.stdin.buffer.read().removeprefix(codecs.BOM_UTF8)
            # `find -print0` ends names with a zero byte, the only byte that no path contains.
            separator = b"\0" if b"\0" in names else b"\n"
            yield from (os.fsdecode(name.rstrip(b"\r")) for name in names.split(separator) if name.strip())
        else:
            yield path


class _Writer(NamedTuple):
    """Functions that write the output."""

    write: Callable[[PageFile, Page], None]  # a page
    finish: Callable[[PageFile], None] = lambda file: None  # the file, called after its last page


def _make_writer(arguments: argparse.Namespace, files: list[PageFile]) -> _Writer:
    """Return functions that write pages in the format and to the output that `arguments` name."""
    if arguments.format == "pdf":
        return _make_pdf_writer(arguments.output, files)
    output_format = OUTPUT_FORMATS[arguments.format]
    if arguments.output:
        targets = _choose_targets(arguments.output, files, output_format.suffix)
        _make_folder(arguments.output)

        def write_file(file: PageFile, page: Page) -> None:
            try:
                write_text(targets[file], output_format.header + output_format.write(file, page))
            except OSError as error:
                raise NetchuError(f"cannot be written to {targets[file]} ({error.strerror})") from None

        return _Writer(write_file)
    if len(files) > 1 and not output_format.multi_page:
        raise NetchuError(f"--format {arguments.format} writes one document per image; name a folder with --output")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(output_format.header)

    def write(file: PageFile, page: Page) -> None:
        sys.stdout.write(output_format.write(file, page))
        sys.stdout.flush()

    return _Writer(write)


def _make_pdf_writer(folder: Path | None, files: list[PageFile]) -> _Writer:
    """Return functions that write one searchable PDF into `folder` for each file, with all its pages."""
    try:
        from netchu.pages.searchable_pdf import SearchablePdf
    except ImportError as error:
        raise NetchuError(
            f"--format pdf needs the package {error.name}; install netchu with its extra: pip install '.[pdf]'"
        ) from None
    if not folder:
        raise NetchuError("--format pdf writes one PDF per file; name a folder with --output")
    targets = _choose_targets(folder, list(dict.fromkeys(PageFile(file.path) for file in files)), ".pdf")
    for file, target in targets.items():
        if target.exists() and any(target.samefile(other.path) for other in targets if other.path.exists()):
            raise NetchuError(f"{file}: its PDF would replace the image {target}; name another folder with --output")
    _make_folder(folder)
    documents: dict[Path, SearchablePdf] = {}

    def add_page(file: PageFile, page: Page) -> None:
        documents.setdefault(file.path, SearchablePdf()).add_page(open_page(file), page)

    def write_document(file: PageFile) -> None:
        document = documents.pop(file.path, None)
        if document is not None:  # otherwise no page could be read
            target = targets[PageFile(file.path)]
            try:
                write_bytes(target, document.to_bytes())
            except OSError as error:
                raise NetchuError(f"cannot be written to {target} ({error.strerror})") from None

    return _Writer(add_page, write_document)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NetchuError(f"{folder}: cannot be written ({error.strerror})") from None


def _choose_targets(folder: Path, files: list[PageFile], suffix: str) -> dict[PageFile, Path]:
    """Return the path of each page's file; raise NetchuError if two would be the same."""
    targets, taken = {}, {}
    for file in files:
        name = f"{file.path.stem}-{file.number:04}" if file.pages > 1 else file.path.stem
        path = folder / (name + suffix)
        if (first := taken.setdefault(path, file)) != file:
            raise NetchuError(f"{first} and {file} would both be written to {path}; give each its own --output folder")
        targets[file] = path
    return targets


def _write_pages(
    files: list[PageFile],
    pages: Iterator[Page | NetchuError],
    writer: _Writer,
    min_confidence: float,
) -> int:
    """Write every page that can be read and written, report the others, and return the exit status."""
    # On a terminal, the text itself shows the progress.
    reported = pages if sys.stdout.isatty() else progress(pages, "read", len(files))
    failed: set[int] = set()  # positions
    left_out = 0
    for position, (file, page) in enumerate(zip(files, reported, strict=True)):
        try:
            if isinstance(page, NetchuError):
                raise page
            lines = tuple(line for line in page.lines if line.confidence >= min_confidence)
            writer.write(file, replace(page, lines=lines))
            left_out += len(page.lines) - len(lines)
        except NetchuError as error:
            failed.add(position)
            _report(file, error)
        if file.number == file.pages:
            try:
                writer.finish(file)
            except NetchuError as error:
                failed.add(position)
                _report(file, error)
    if left_out:
        print(f"netchu read: lines left out, of confidence below {min_confidence}: {left_out}", file=sys.stderr)
    if failed:
        print(f"netchu read: {len(failed)} of {len(files)} images failed", file=sys.stderr)
    return int(bool(failed))


def _report(file: PageFile, error: NetchuError) -> None:
    # `print` would write into the progress bar.
    tqdm.write(f"netchu read: {escape_unprintable(str(file))}: {error}", file=sys.stderr)
