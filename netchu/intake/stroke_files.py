"""Reading of pen strokes from a JSON Lines file, plain or compressed by xz or gzip.

Each line is an object with the keys

- `id`: the name of the line;
- `text`: its transcription;
- `strokes`: a list with `[x, y, dx, dy, dx, dy, ...]` for each stroke: the first point, then the steps from point to
  point, y down, in any unit;
- optionally `writer` and `split` (train, val, validation or test).

Other keys are ignored.
"""

import gzip
import json
import lzma
import re
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netchu.core.errors import NetchuError
from netchu.core.printing import describe_error
from netchu.core.tables import SUBSETS

STROKE_SUFFIXES = (".jsonl", ".jsonl.xz", ".jsonl.gz")

MAX_LINE = 10**7
"""Bytes of one line of the file, unpacked."""

MAX_COORDINATE = 10**9

_SUBSETS = {name: name for name in SUBSETS} | {"val": "validation"}

_OPENERS = {".xz": lzma.open, ".gz": gzip.open}

_DAMAGE = (OSError, EOFError, lzma.LZMAError, zlib.error)


class StrokeLine(NamedTuple):
    """A line of handwriting as pen strokes, or the fault of such a line."""

    id: str
    text: str
    strokes: list[np.ndarray]  # float64 (points, 2) each, y down
    writer: str = ""  # empty where unknown
    subset: str = ""  # one of SUBSETS, empty where the data names none
    fault: str = ""  # "line 17: ...", empty for a good line


def is_stroke_file(name: str) -> bool:
    """Return whether the file called `name` contains pen strokes."""
    return name.lower().endswith(STROKE_SUFFIXES)


def read_strokes(path: Path) -> Iterator[StrokeLine]:
    """Yield the lines of a file of pen strokes in their order; skip empty ones.

        for line in read_strokes(Path("lines.jsonl")):
            print(line.text, len(line.strokes))

    Raises:
        NetchuError: the file cannot be read or unpacked, is not UTF-8, or has a line of more than MAX_LINE bytes.
    """
    number, seen = 0, {}
    try:
        with _OPENERS.get(path.suffix.lower(), open)(path, "rb") as file:
            while data := file.readline(MAX_LINE + 1):
                number += 1
                if len(data) > MAX_LINE:
                    raise NetchuError(f"{path}: line {number}: longer than {MAX_LINE:,} bytes; is it JSON Lines?")
                if not data.strip():
                    continue
                line = _parse(data.decode("utf-8-sig"), number)
                if not line.fault and (first := seen.setdefault(line.id.casefold(), number)) != number:
                    line = line._replace(id=f"line {number}", fault=f"line {number}: has the id of line {first}")
                yield line
    except UnicodeDecodeError:
        raise NetchuError(f"{path}: line {number}: not UTF-8; save it as UTF-8") from None
    except _DAMAGE as error:
        raise NetchuError(
            f"{path}: cannot be read after line {number} ({describe_error(error)}); fetch it again"
        ) from None


def _parse(data: str, number: int) -> StrokeLine:
    """Return line `number` of the file, whose JSON is `data`; its `fault` names the first wrong key."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:  # ValueError: an integer of more than 4,300 digits, too
        return _fault("", number, f"not valid JSON ({error})")
    if not isinstance(value, dict):
        return _fault("", number, "expected an object with the keys id, text and strokes")
    name = value.get("id")
    if isinstance(name, str):
        name = unicodedata.normalize("NFC", name)
    # A safe name, because the id becomes the name of a file in a zip archive.
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w .,+()-]{0,119}", name):
        return _fault("", number, "id: expected 1 to 120 letters, digits and . , + - ( )")
    if not isinstance(value.get("text"), str):
        return _fault(name, number, "text: expected a string")
    writer, subset = value.get("writer"), value.get("split")
    if not isinstance(writer, str | None):
        return _fault(name, number, "writer: expected a string")
    if subset is not None and (not isinstance(subset, str) or subset not in _SUBSETS):
        return _fault(name, number, f"split: expected one of {', '.join(_SUBSETS)}")
    strokes = value.get("strokes")
    if not isinstance(strokes, list) or not strokes:
        return _fault(name, number, "strokes: expected a list with at least one stroke")
    points = []
    for index, stroke in enumerate(strokes, start=1):
        if not _is_stroke(stroke):
            return _fault(name, number, f"stroke {index}: expected [x, y, dx, dy, ...], numbers in pairs")
        points.append(np.array(stroke, float).reshape(-1, 2).cumsum(axis=0))
        if np.abs(points[-1]).max() > MAX_COORDINATE:
            return _fault(name, number, f"stroke {index}: a coordinate is above {MAX_COORDINATE:,}")
    return StrokeLine(name, value["text"], points, writer or "", _SUBSETS.get(subset, ""))


def _is_stroke(stroke: object) -> bool:
    return (
        isinstance(stroke, list)
        and len(stroke) >= 2
        and len(stroke) % 2 == 0
        and all(type(number) in (int, float) and abs(number) <= MAX_COORDINATE for number in stroke)
    )


def _fault(name: str, number: int, fault: str) -> StrokeLine:
    return StrokeLine(name or f"line {number}", "", [], fault=f"line {number}: {fault}")
