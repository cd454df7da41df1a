"""Corrected lines as a data set in a folder of the user: PNG images beside a table that the pipeline reads.

The name of an image is the hash of its pixels: equal pictures are the same line, and no two pictures share a file. When
a line is corrected again, the table gets the new text, and `.earlier.csv` the old one. An image that the table does not
name is kept, because it may belong to a table that was moved or lost.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from filelock import FileLock, Timeout

from netchu.core.charset import map_signs, normalise, unknown_characters
from netchu.core.errors import NetchuError
from netchu.teaching.correction_table import IMAGE_NAME, Correction, append_earlier, read_table, write_table

DEFAULT_FOLDER = Path.home() / "netchu-lines"
"""Lines are saved here unless the user chooses another folder."""

_LOCK = ".lock"
_LOCK_TIMEOUT = 20
"""Seconds to wait for another process that is saving lines in the same folder."""


class CorrectedLine(NamedTuple):
    """A row for the table with its image."""

    correction: Correction
    image: np.ndarray


def save_lines(folder: Path, lines: Sequence[tuple[np.ndarray, str]], writer: str = "") -> int:
    """Add `lines` to the data set in `folder`, all or none; make the folder where it does not exist.

        save_lines(Path("lines"), [(image, "Số 9, Đường Láng")], writer="Lan")

    A process that is killed while saving leaves a valid data set. Processes may save at the same time.

    Args:
        lines: image, uint8 of shape (height, width) grey, (height, width, 3) RGB or (height, width, 4) RGBA, and text.

    Returns:
        The number of new images; the others were in the data set and got the new text.

    Raises:
        NetchuError: a text is empty or has a character that the network does not know; `folder` cannot be written or
            holds other files than corrected lines; its table is damaged.
    """
    return add_lines(folder, [make_line(image, text, writer) for image, text in lines])


def make_line(image: np.ndarray, text: str, writer: str) -> CorrectedLine:
    """Return the line that `save_lines` saves for `image`; raise NetchuError where it cannot be saved."""
    return CorrectedLine(Correction(f"{_hash_pixels(image)[:24]}.png", check_text(text), normalise(writer)), image)


def add_lines(folder: Path, lines: Iterable[CorrectedLine], replace_texts: bool = True) -> int:
    """Add `lines` as `save_lines` does, and return the number of new ones.

    Args:
        replace_texts: whether lines that are in the data set get the new text.
    """
    by_file = {line.correction.file: line for line in lines}
    with _lock_table(folder) as rows:
        new = by_file.keys() - rows.keys()
        # An image without a row may be damaged, and one with a row may have been deleted.
        _write_images(folder, [line for file, line in by_file.items() if file in new or not (folder / file).is_file()])
        _update_table(
            folder, rows, {file: line.correction for file, line in by_file.items() if replace_texts or file in new}
        )
    return len(new)


def check_text(text: str) -> str:
    """Return `text` as it is saved, with typographic signs mapped to the charset.

    Raises:
        NetchuError: it is empty or has characters that the network lacks.
    """
    text = normalise(map_signs(text))
    if not text:
        raise NetchuError("a line without text cannot be saved; enter its text, or remove the line")
    if unknown := unknown_characters(text):
        raise NetchuError(f"{text!r}: the reader does not know {' '.join(unknown)}; replace or remove it")
    return text


def change_text(folder: Path, file: str, text: str) -> None:
    """Replace the text of the line whose image is `file`; raise NetchuError as `save_lines` does."""
    text = check_text(text)
    with _lock_table(folder) as rows:
        if file in rows:
            _update_table(folder, rows, {file: rows[file]._replace(text=text)})


def remove_line(folder: Path, file: str) -> None:
    """Remove the line whose image is `file`, and the image; raise NetchuError as `save_lines` does."""
    with _lock_table(folder) as rows:
        if file in rows:
            append_earlier(folder, [rows.pop(file)])
            write_table(folder, rows.values())
            (folder / file).unlink(missing_ok=True)


def read_corrections(folder: Path) -> list[Correction]:
    """Return the lines of the data set in `folder`, in the order in which they were saved; [] where it does not exist.

    Lines whose image was deleted are left out. Raises NetchuError as `read_table` does.
    """
    return [line for line in read_table(folder).values() if (folder / line.file).is_file()]


def count_lines(folder: Path) -> int:
    """Return the number of lines that `read_corrections` returns; raise as it does."""
    return len(read_corrections(folder))


def _hash_pixels(image: np.ndarray) -> str:
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,), (4,)) or not image.size:
        raise NetchuError(
            f"an array of {image.dtype} and shape {image.shape} cannot be saved: not an image; "
            "expected uint8 of shape (height, width), (height, width, 3) or (height, width, 4)"
        )
    return hashlib.sha256(str(image.shape).encode() + np.ascontiguousarray(image).tobytes()).hexdigest()


@contextlib.contextmanager
def _lock_table(folder: Path) -> Iterator[dict[str, Correction]]:
    """Yield the rows of the table by their files; no other process changes the folder meanwhile."""
    try:
        read_table(folder)  # raises before anything is written into a folder with other files
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK, timeout=_LOCK_TIMEOUT):
            rows = read_table(folder)
            for path in folder.iterdir():
                if path.name.startswith(".") and IMAGE_NAME.fullmatch(path.name[1:]):
                    path.unlink()  # a process was killed while it wrote images
            yield rows
    except Timeout:
        raise NetchuError(f"{folder}: another window is saving lines there; try again in a moment") from None
    except OSError as error:
        raise NetchuError(
            f"{folder}: lines cannot be saved there ({error.strerror or error}); choose another folder"
        ) from None


def _write_images(folder: Path, lines: Sequence[CorrectedLine]) -> None:
    """Write the images under hidden names, and rename them when all are written."""
    for line in lines:
        (folder / f".{line.correction.file}").write_bytes(_encode_png(line.image))
    for line in lines:
        (folder / f".{line.correction.file}").replace(folder / line.correction.file)


def _encode_png(image: np.ndarray) -> bytes:
    conversion = {(): None, (3,): cv2.COLOR_RGB2BGR, (4,): cv2.COLOR_RGBA2BGRA}[image.shape[2:]]
    return cv2.imencode(".png", image if conversion is None else cv2.cvtColor(image, conversion))[1].tobytes()


def _update_table(folder: Path, rows: dict[str, Correction], changes: dict[str, Correction]) -> None:
    """Write the table with `rows` and `changes`, after saving the texts that these replace."""
    replaced = [rows[file] for file, line in changes.items() if file in rows and rows[file].text != line.text]
    if replaced:
        append_earlier(folder, replaced)
    if any(rows.get(file) != line for file, line in changes.items()):
        write_table(folder, (rows | changes).values())
