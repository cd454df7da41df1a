"""Output formats of a read page: plain text, JSON lines, CSV, ALTO XML, PAGE XML and hOCR."""

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from netchu.core.printing import escape_unprintable
from netchu.pages.confidences import round_confidence

if TYPE_CHECKING:
    from netchu.pages.image_files import PageFile
    from netchu.pages.page import Page


def format_text(file: "PageFile", page: "Page") -> str:
    """Return the text of the lines, one per row, with tabs between cells; an empty row for an image without lines."""
    return page.text + "\n"


def format_jsonl(file: "PageFile", page: "Page") -> str:
    """Return one row with a JSON object: path, page (from 1), width, height, text, confidence, lines with words.

    All lengths are in pixels. Boxes are left, top, right and bottom; polygons are the four corners clockwise from the
    upper left. The region of a line is the number of its column or table, its cell has a row and a column; all three
    count from 1. Outside tables, the cell is null. Words have the flags `printed` and `struck` (through).
    """
    value = {
        "path": escape_unprintable(str(file.path)),
        "page": file.number,
        "width": page.width,
        "height": page.height,
        "text": page.text,
        "confidence": round_confidence(page.confidence),
        "lines": [
            {
                "text": line.text,
                "confidence": round_confidence(line.confidence),
                "box": line.box,
                "polygon": line.corners,
                "region": line.region + 1,
                "cell": line.cell and {"row": line.cell.row + 1, "column": line.cell.column + 1},
                "words": [
                    {
                        "text": word.text,
                        "confidence": round_confidence(word.confidence),
                        "box": word.box,
                        "printed": word.printed,
                        "struck": word.struck,
                    }
                    for word in line.words
                ],
            }
            for line in page.lines
        ],
    }
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def format_csv(file: "PageFile", page: "Page") -> str:
    """Return one row per line, with the columns of `_CSV_HEADER`; a page without lines gives one mostly empty row.

    Rows and columns of tables count from 1; outside tables they are empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    first_columns = (escape_unprintable(str(file.path)), file.number)
    for number, line in enumerate(page.lines, 1):
        cell = (line.cell.row + 1, line.cell.column + 1) if line.cell else ("", "")
        confidence = round_confidence(line.confidence)
        writer.writerow((*first_columns, number, line.text, confidence, *line.box, line.region + 1, *cell))
    if not page.lines:
        writer.writerow((*first_columns, "", "", round_confidence(page.confidence), *[""] * 7))
    return text.getvalue()


def _import_when_used(module: str, name: str) -> "Callable[[PageFile, Page], str]":
    """Return a function that formats one page as `name` of `netchu.pages.module` does, and imports it when called.

    The import of an XML library takes as long as the reading of a short line.
    """
    return lambda file, page: getattr(importlib.import_module(f"netchu.pages.{module}"), name)(file, page)


class OutputFormat(NamedTuple):
    """An output format: a function that formats one page, and the properties of a file in this format."""

    write: Callable[["PageFile", "Page"], str]
    suffix: str  # of the file's name
    media_type: str  # of an answer of the service
    header: str = ""  # text before the first page
    multi_page: bool = True  # True if one file may contain several pages
    mark: str = ""  # byte order mark of a file, without which Excel does not read it as UTF-8

    def combine(self, pages: Iterable[str]) -> str:
        """Return the text of a file with these formatted pages."""
        return self.mark + self.header + "".join(pages)


_CSV_HEADER = "path,page,line,text,confidence,left,top,right,bottom,region,row,column\n"

OUTPUT_FORMATS = {
    "text": OutputFormat(format_text, ".txt", "text/plain"),
    "jsonl": OutputFormat(format_jsonl, ".jsonl", "application/jsonl"),
    "csv": OutputFormat(format_csv, ".csv", "text/csv", _CSV_HEADER, mark="\ufeff"),
    "alto": OutputFormat(_import_when_used("alto", "format_alto"), ".xml", "application/xml", multi_page=False),
    "page": OutputFormat(_import_when_used("page_xml", "format_page_xml"), ".xml", "application/xml", multi_page=False),
    "hocr": OutputFormat(_import_when_used("hocr", "format_hocr"), ".hocr", "application/xhtml+xml", multi_page=False),
}
