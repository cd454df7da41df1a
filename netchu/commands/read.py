"""`python -m netchu read`: read handwriting from image files."""

import argparse
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

from netchu.commands.common_options import add_layout_and_decoder, add_model, filled, filled_path
from netchu.commands.language import READ_EPILOG
from netchu.core.collector import pause_collector
from netchu.core.errors import NetchuError
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.reading_options import Ink
from netchu.reading.language_model_files import read_language_models
from netchu.reading.reader_folders import find_default_reader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `run`; their help has a translation in netchu.commands.language."""
    parser.epilog = READ_EPILOG
    parser.add_argument(
        "paths",
        type=filled,
        nargs="+",
        metavar="IMAGE_OR_FOLDER",
        help="PNG, JPEG, HEIC, TIFF, PDF, ... or a folder of them; - reads file names from standard input",
    )
    add_layout_and_decoder(parser)
    parser.add_argument(
        "--ink",
        choices=get_args(Ink),
        default="all",
        help="all (default): every word, printed ones with low confidence; handwriting: leave printed words out",
    )
    parser.add_argument(
        "--format",
        choices=(*OUTPUT_FORMATS, "pdf"),
        default="text",
        help="text (default): the lines alone, tabs between the cells of a table; jsonl: one JSON object per image, "
        "with lines, words, boxes in pixels and confidences; csv: one row per line; alto, page, hocr: one ALTO XML, "
        "PAGE XML or hOCR document per image; pdf: one searchable PDF per file, with --output",
    )
    parser.add_argument(
        "--output",
        type=filled_path,
        metavar="DIR",
        help="write one file per image, named after it, into DIR, with the folders of the input, instead of writing to "
        "standard output; existing files are kept",
    )
    parser.add_argument(
        "--words",
        type=filled_path,
        metavar="FILE",
        help="text file (UTF-8) whose words become likelier: one name a line, or a text on the same subject",
    )
    parser.add_argument(
        "--min-confidence",
        type=_confidence,
        default=0.0,
        metavar="C",
        help="leave out lines with a confidence, 0 to 1, below C (default 0: none)",
    )
    add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the reading of the images as requested, and errors to standard error; return the exit status."""
    if arguments.words and arguments.decoder != "beam":
        raise NetchuError(f"--words has no effect with --decoder {arguments.decoder}; leave out one of them")
    words: Iterable[str] = ()
    if arguments.words:
        from netchu.reading.preferred_words import read_words_file

        words = read_words_file(arguments.words)
    folder = arguments.model or find_default_reader()
    # Reading multiplies no large matrices. The threads of OpenBLAS, in NumPy and in OpenCV, wait actively when they
    # start, and would take 0.15 s of processor time from what is loaded meanwhile.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Decompression and ONNX Runtime leave Python's lock free, so the reader is loaded while modules are imported.
    with ThreadPoolExecutor(2) as pool:
        with pause_collector():
            contents = pool.submit(read_language_models, folder)
            from netchu.reading.reader import Reader

            loading = pool.submit(Reader.load, folder, words, contents.result)
            from netchu.commands.page_reading import read_images
            from netchu.pages.recognizer import Recognizer

        return read_images(arguments, lambda: Recognizer(folder, loading.result()))


def _confidence(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value
