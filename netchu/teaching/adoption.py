"""The reader that the user has adopted: `models/adopted`, used instead of the shipped one."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path, write_json
from netchu.core.progress_log import progress_path
from netchu.reading.reader import Reader
from netchu.teaching.run_state import LOG, READER_FOLDER, FineTuning, Result, hold_lock

ADOPTED = Path("models/adopted")

_RESULT = "teaching.json"

_SCRATCH = ".adopted."
"""Beginning of the names of folders that an adoption makes beside the adopted reader, and removes."""


def adopt(run: FineTuning) -> None:
    """Use the reader of the finished `run` from now on; keep its DVC experiment.

    Raises:
        NetchuError: the reader is damaged or cannot be copied, or another window adopts it, and the one before stays in
            use; or the reader is in use, but the run cannot be closed.
    """
    reader = run.folder / READER_FOLDER
    Reader.load(reader)
    try:
        ADOPTED.parent.mkdir(exist_ok=True)
        with hold_lock(), _make_scratch_folder() as scratch:
            for leftover in ADOPTED.parent.glob(f"{_SCRATCH}*"):  # of a killed adoption
                if leftover != scratch:
                    shutil.rmtree(leftover, ignore_errors=True)
            # A copy: the run may lie on another disk, from which nothing can be renamed.
            with atomic_path(scratch / READER_FOLDER) as copy:
                shutil.copytree(reader, copy)
                write_json(copy / _RESULT, run.result._asdict())
            with _remove_adopted():
                (scratch / READER_FOLDER).rename(ADOPTED)
    except OSError as error:
        raise NetchuError(f"{ADOPTED}: cannot be written ({error.strerror or error}); fix that and try again") from None
    try:
        progress_path(run.folder.name).unlink(missing_ok=True)
        (run.folder / LOG).unlink()
    except OSError as error:
        raise NetchuError(
            f"the new model is in use, but {run.folder} cannot be closed ({error.strerror}); fix that and try again"
        ) from None
    shutil.rmtree(reader, ignore_errors=True)


def read_adopted_result() -> Result | None:
    """Return the result of the adopted reader's fine-tuning, or None where the shipped reader is in use."""
    try:
        return Result(**json.loads((ADOPTED / _RESULT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def restore_shipped() -> None:
    """Use the shipped reader again; raise NetchuError where the adopted one cannot be removed."""
    try:
        with _remove_adopted():
            pass
    except OSError as error:
        raise NetchuError(f"{ADOPTED}: cannot be removed ({error.strerror}); delete it by hand") from None


@contextlib.contextmanager
def _remove_adopted() -> Iterator[None]:
    """Move the adopted reader away, delete it after the block, and move it back where the block fails.

    Renaming is atomic: no process ever loads half of a reader.
    """
    with _make_scratch_folder() as scratch:
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
def _make_scratch_folder() -> Iterator[Path]:
    """Yield a folder on the disk of the adopted reader, and remove it."""
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=ADOPTED.parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
