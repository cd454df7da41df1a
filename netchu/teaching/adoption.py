"""The reader that the person has adopted: `models/adopted`, preferred to the one that ships."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.reading.reader import Reader
from netchu.teaching.fine_tuning import LOG, READER, Result, Run

ADOPTED = Path("models/adopted")

_RESULT = "teaching.json"


def adopt(run: Run) -> None:
    """Make the reader of `run`, which is done, the one that reads from now on; its DVC experiment stays.

    Raises:
        NetchuError: the reader is damaged, or cannot be moved there.
    """
    reader = run.folder / READER
    Reader(reader)
    write_json(reader / _RESULT, run.result._asdict())
    try:
        ADOPTED.parent.mkdir(exist_ok=True)
        with _put_aside():
            reader.rename(ADOPTED)
        (run.folder / LOG).unlink()
    except OSError as error:
        raise NetchuError(f"{ADOPTED}: cannot be written ({error.strerror}); mend that and adopt again") from None


def adopted() -> Result | None:
    """What the adopted reader gained when it was taught; None where the shipped one reads."""
    try:
        return Result(**json.loads((ADOPTED / _RESULT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def go_back() -> None:
    """Read with the shipped reader again; raises NetchuError where the adopted one cannot be removed."""
    try:
        with _put_aside():
            pass
    except OSError as error:
        raise NetchuError(f"{ADOPTED}: cannot be removed ({error.strerror}); delete it by hand") from None


@contextlib.contextmanager
def _put_aside() -> Iterator[None]:
    """Whatever is adopted leaves by one renaming, so that no one ever reads with half of it, and is deleted at last."""
    with tempfile.TemporaryDirectory(prefix=".adopted.", dir=ADOPTED.parent) as old:
        if ADOPTED.exists():
            ADOPTED.rename(Path(old) / ADOPTED.name)
        yield
