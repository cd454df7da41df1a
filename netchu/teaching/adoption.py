"""The reader that the person has adopted: `models/adopted`, preferred to the one that ships."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path, write_json
from netchu.reading.reader import Reader
from netchu.teaching.fine_tuning import LOG, READER, Result, Run

ADOPTED = Path("models/adopted")

_RESULT = "teaching.json"


def adopt(run: Run) -> None:
    """Make the reader of `run`, which is done, the one that reads from now on; its DVC experiment stays.

    Raises:
        NetchuError: the reader is damaged or cannot be copied there, and the one before goes on reading; or it reads,
            but the run cannot be closed.
    """
    reader = run.folder / READER
    Reader.load(reader)
    try:
        ADOPTED.parent.mkdir(exist_ok=True)
        with _scratch() as scratch:
            # A copy: the run may lie on another disk, from where nothing can be renamed.
            with atomic_path(scratch / READER) as copy:
                shutil.copytree(reader, copy)
                write_json(copy / _RESULT, run.result._asdict())
            with _put_aside():
                (scratch / READER).rename(ADOPTED)
    except OSError as error:
        raise NetchuError(
            f"{ADOPTED}: cannot be written ({error.strerror or error}); mend that and adopt again"
        ) from None
    try:
        (run.folder / LOG).unlink()
    except OSError as error:
        raise NetchuError(
            f"the new model reads now, but {run.folder} cannot be closed ({error.strerror}); mend that and adopt again"
        ) from None
    shutil.rmtree(reader, ignore_errors=True)


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
    """Whatever is adopted leaves by one renaming, so that no one ever reads with half of it, and is deleted at last.

    It comes back where what is done meanwhile fails.
    """
    with _scratch() as scratch:
        old = scratch / ADOPTED.name
        if ADOPTED.exists():
            ADOPTED.rename(old)
        try:
            yield
        except BaseException:
            if old.exists():
                old.rename(ADOPTED)
            raise


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder on the disk of the adopted reader, removed in the end; what cannot be removed does no harm."""
    with tempfile.TemporaryDirectory(prefix=".adopted.", dir=ADOPTED.parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
