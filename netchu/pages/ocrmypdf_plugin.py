"""Plugin of OCRmyPDF, which then reads handwriting with netchu instead of print with Tesseract.

    python -m ocrmypdf --plugin netchu.pages.ocrmypdf_plugin scan.pdf searchable.pdf

It needs OCRmyPDF 17 or later: `pip install ocrmypdf`.
"""

import functools
import importlib.metadata
from pathlib import Path

from ocrmypdf import OcrEngine, OrientationConfidence, hookimpl
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOptions
from ocrmypdf.exceptions import BadArgsError, ExitCode, ExitCodeException

from netchu.core.errors import NetchuError
from netchu.pages.hocr import format_hocr
from netchu.pages.image_files import PageFile
from netchu.pages.recognizer import Recognizer


class ReadingError(ExitCodeException):
    """An error of netchu, which OCRmyPDF prints in one line."""

    exit_code = ExitCode.child_process_error


class HandwritingEngine(OcrEngine):
    """An OCR engine that reads with the default reader; see `netchu.reading.reader_folders.find_default_reader`."""

    @staticmethod
    def version() -> str:
        try:
            return importlib.metadata.version("netchu")
        except importlib.metadata.PackageNotFoundError:  # a copy of the project that is not installed
            return "0"

    @staticmethod
    def creator_tag(options: object) -> str:
        return f"netchu {HandwritingEngine.version()}"

    def __str__(self) -> str:
        return self.creator_tag(None)

    @staticmethod
    def languages(options: object) -> set[str]:
        """Return Vietnamese, and the language that OCRmyPDF assumes without `--language`."""
        return {"vie", "eng"}

    @staticmethod
    def get_orientation(input_file: Path, options: object) -> OrientationConfidence:
        """Return that the page is upright: netchu does not estimate its orientation."""
        return OrientationConfidence(angle=0, confidence=0.0)

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: object) -> None:
        """Write the page in hOCR, and its text."""
        try:
            page = _load_recognizer().read(input_file)
        except NetchuError as error:
            raise ReadingError(str(error)) from None
        output_hocr.write_text(format_hocr(PageFile(input_file), page), encoding="utf-8")
        output_text.write_text(page.text + "\n", encoding="utf-8")

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: object) -> None:
        """Raise BadArgsError: only engines that write PDF themselves can be used with this renderer."""
        raise BadArgsError("netchu cannot be used with --pdf-renderer sandwich; leave that option out")


@functools.cache
def _load_recognizer() -> Recognizer:
    """Load the recognizer once per process."""
    return Recognizer.load()


@hookimpl
def initialize(plugin_manager: object) -> None:
    """Block the plugin of Tesseract, because it requires its program even if another engine reads."""
    plugin_manager.set_blocked("ocrmypdf.builtin_plugins.tesseract_ocr")


@hookimpl
def register_options() -> dict[str, type]:
    """Return the group of options of the blocked plugin, which OCRmyPDF checks all the same."""
    return {"tesseract": TesseractOptions}


@hookimpl
def get_ocr_engine(options: object) -> HandwritingEngine | None:
    """Return the engine, None for `--ocr-engine none`."""
    return None if getattr(options, "ocr_engine", "auto") == "none" else HandwritingEngine()
