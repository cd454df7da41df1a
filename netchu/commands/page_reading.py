"""Reading of image files into the chosen output format: the work of `python -m netchu read`."""

import argparse
import codecs
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.files import write_text
from netchu.core.printing import escape_unprintable
from netchu.core.progress import print_beside_progress, progress
from netchu.pages.image_files import PageFile, find_pages, open_page
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Page
from netchu.pages.recognizer import Recognizer
from netchu.pictures.images import PictureWarning

if TYPE_CHECKING:
    from netchu.commands.pdf_files import PdfFiles


def read_images(arguments: argparse.Namespace, load_recognizer: Callable[[], Recognizer]) -> int:
    """Write the reading of the images as requested, and errors to standard error; return the exit status.

    Args:
        arguments: of the command.
        load_recognizer: called when the images have been found.
    """
    paths = list(_expand_names(arguments.paths))
    files = list(find_pages(paths))
    as_pdf = arguments.format == "pdf"
    if as_pdf:
        files = list(dict.fromkeys(files))
    elif len(files) > 1 and not arguments.output and not OUTPUT_FORMATS[arguments.format].multi_page:
        raise NetchuError(f"--format {arguments.format} writes one document per image; name a folder with --output")
    targets = _choose_targets(arguments.output, paths, files, arguments.format) if arguments.output else {}
    existing = {file for file, target in targets.items() if os.path.isfile(target)}  # noqa: PTH113 - never raises

    def open_new(file: PageFile) -> np.ndarray:
        if file in existing:
            raise NetchuError(f"{targets[file]} exists; remove it, or name another folder with --output")
        return open_page(file)

    pdfs = _open_pdfs(targets) if as_pdf else None
    recognizer = load_recognizer()
    if arguments.output:
        _prepare_folder(arguments.output)
    # Each thread reads one image; OpenCV's own threads would compete with them.
    cv2.setNumThreads(1)
    with warnings.catch_warnings():
        # Pillow also warns about files that it can read.
        warnings.filterwarnings("ignore", module="PIL")
        warnings.filterwarnings("always", category=PictureWarning)
        warnings.showwarning = _report_warning
        open_source = pdfs.keep_pictures(open_new) if pdfs else open_new
        # The format text shows neither marks nor confidences.
        mark_words = arguments.format != "text" or arguments.min_confidence > 0
        pages = recognizer.read_pages(
            files, open_source, arguments.layout, arguments.decoder, ink=arguments.ink, mark_words=mark_words
        )
        return _write_all(files, pages, arguments, targets, pdfs)


def _open_pdfs(targets: dict[PageFile, Path]) -> "PdfFiles":
    try:
        from netchu.commands.pdf_files import PdfFiles
    except ImportError as error:
        raise NetchuError(
            f"--format pdf needs the package {error.name}; install netchu with its extra: pip install '.[pdf]'"
        ) from None
    if not targets:
        raise NetchuError("--format pdf writes one PDF per file; name a folder with --output")
    return PdfFiles(targets)


def _report_warning(message: Warning | str, *_) -> None:
    print_beside_progress(f"netchu read: warning: {escape_unprintable(str(message))}")


def _write_all(
    files: list[PageFile],
    pages: Iterator[Page | NetchuError],
    arguments: argparse.Namespace,
    targets: dict[PageFile, Path],
    pdfs: "PdfFiles | None",
) -> int:
    """Write all pages, and return the exit status; raise NetchuError if the output cannot be written."""
    try:
        write = pdfs.add_page if pdfs else _make_writer(arguments, targets)
        finish = pdfs.write_file if pdfs else None
        status = _write_pages(files, pages, write, arguments.min_confidence, finish)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `netchu read ... | head`: handled by main
        raise
    except OSError as error:
        # Otherwise Python would fail again when it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise NetchuError(f"standard output: cannot be written ({error.strerror})") from None


def _expand_names(paths: list[str]) -> Iterator[str]:
    """Yield the paths; for `-`, yield the names on standard input."""
    for path in paths:
        if path == "-":
            if sys.stdin is None:
                raise NetchuError("standard input is closed")
            names = sys.stdin.buffer.read().removeprefix(codecs.BOM_UTF8)
            # `find -print0` ends names with a zero byte, the only byte that no path contains.
            separator = b"\0" if b"\0" in names else b"\n"
            if not (found := [name for name in names.split(separator) if name.strip()]):
                raise NetchuError("standard input names no files")
            yield from (os.fsdecode(name.rstrip(b"\r")) for name in found)
        else:
            yield path


def _prepare_folder(folder: Path) -> None:
    """Create the folder of the output if it is missing; raise NetchuError if no file can be written into it."""
    import tempfile  # takes 5 ms, and only --output needs it

    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise NetchuError(
            f"{folder}: cannot be written ({error.strerror}); name another folder with --output"
        ) from None


def _make_writer(arguments: argparse.Namespace, targets: dict[PageFile, Path]) -> Callable[[PageFile, Page], None]:
    """Return a function that writes one page in the requested format, to its target or to standard output."""
    output_format = OUTPUT_FORMATS[arguments.format]
    if arguments.output:

        def write_file(file: PageFile, page: Page) -> None:
            try:
                write_text(targets[file], output_format.combine([output_format.write(file, page)]))
            except OSError as error:
                raise NetchuError(f"cannot be written to {targets[file]} ({error.strerror})") from None

        return write_file
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(output_format.header)

    def write(file: PageFile, page: Page) -> None:
        sys.stdout.write(output_format.write(file, page))
        sys.stdout.flush()

    return write


def _choose_targets(folder: Path, paths: list[str], files: list[PageFile], format: str) -> dict[PageFile, Path]:
    """Return the path of each page's file; raise NetchuError if two would be the same.

    A PDF contains all pages of a file. In `folder`, the files keep their folders below the deepest one that contains
    all of the `paths`.
    """
    named = map(_absolute, paths)
    base = os.path.commonpath([path if os.path.isdir(path) else path.parent for path in named])  # noqa: PTH112
    suffix = ".pdf" if format == "pdf" else OUTPUT_FORMATS[format].suffix
    targets, taken = {}, {}
    for file in files:
        name = f"{file.path.stem}-{file.number:04}" if file.pages > 1 and format != "pdf" else file.path.stem
        path = folder / _absolute(file.path).parent.relative_to(base) / (name + suffix)
        source = PageFile(_absolute(file.path), 1 if format == "pdf" else file.number, file.pages)
        if (other := taken.setdefault(path, source)) != source:
            raise NetchuError(f"{other} and {source} would both be written to {path}; read them into different folders")
        targets[file] = path
    return targets


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - unlike Path.resolve, it keeps links


def _write_pages(
    files: list[PageFile],
    pages: Iterator[Page | NetchuError],
    write: Callable[[PageFile, Page], None],
    min_confidence: float,
    finish: Callable[[PageFile], None] | None = None,
) -> int:
    """Write every page that can be read and written, report the others, and return the exit status.

    Args:
        finish: called after the last page of each file.
    """
    # On a terminal, the text itself shows the progress.
    reported = pages if sys.stdout.isatty() else progress(pages, "read", len(files))
    failed = left_out = 0
    for file, page in zip(files, reported, strict=True):
        errors = [page] if isinstance(page, NetchuError) else []
        try:
            if not errors:
                lines = tuple(line for line in page.lines if line.confidence >= min_confidence)
                write(file, replace(page, lines=lines))
                left_out += len(page.lines) - len(lines)
            if finish and file.number == file.pages:
                finish(file)
        except NetchuError as error:
            errors.append(error)
        failed += bool(errors)
        for error in errors:
            print_beside_progress(f"netchu read: {escape_unprintable(str(file))}: {error}")
    if left_out:
        print(f"netchu read: lines left out, of confidence below {min_confidence}: {left_out}", file=sys.stderr)
    if failed:
        print(f"netchu read: {failed} of {len(files)} images failed", file=sys.stderr)
    return int(failed > 0)
