"""Checkpoints of interrupted runs, identified by a fingerprint of everything that determines the run.

They are not outputs, because DVC deletes the outputs of a stage before it starts the stage.
"""

import contextlib
import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from netchu.core.files import atomic_path, write_json
from netchu.core.state import state_folder

FOLDER = Path("checkpoints")
"""In the state folder. It may be deleted at any time; an interrupted run then starts from the beginning."""


def fingerprint(params: object, inputs: Iterable[Path], packages: Iterable[str]) -> str:
    """Return a hash of the parameters (JSON), input files, package versions and imported modules of this project."""
    library = Path(__file__).parents[1]
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode())
    for package in packages:
        digest.update(f"{package}=={version(package)}".encode())
    code = {Path(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
    code = sorted(path for path in code if {library, library.parent / "stages"} & set(path.parents))
    for path in (*code, *inputs):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


class Checkpoint:
    """The folder with the state of one run after its last validated epoch, and with values that take long to compute.

    The state consists of groups of arrays, and the history.
    """

    def __init__(self, key: str):
        self.path = state_folder() / FOLDER / key / "state.npz"

    def save(self, groups: dict[str, list[np.ndarray]], history: list[dict]) -> None:
        """Replace the saved state; a crash during this keeps the previous state."""
        arrays = {f"{group}/{index}": array for group, arrays in groups.items() for index, array in enumerate(arrays)}
        with atomic_path(self.path) as temporary:
            np.savez(temporary, **arrays, history=np.array(json.dumps(history)))

    def load(self) -> tuple[dict[str, list[np.ndarray]], list[dict]] | None:
        """Return the saved groups and history, or None if the file is missing or damaged."""
        groups: dict[str, list[np.ndarray]] = {}
        try:
            with np.load(self.path) as saved:
                history = json.loads(str(saved["history"]))
                for name in saved.files:
                    group, _, index = name.partition("/")
                    if index:  # not the history; np.savez keeps the order of the arrays
                        groups.setdefault(group, []).append(saved[name])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return groups, history

    def remember(self, name: str, compute: Callable[[], Any]) -> Any:
        """Return a value that JSON can express: as an earlier start of this run saved it, else computed and saved."""
        path = self.path.with_name(f"{name}.json")
        with contextlib.suppress(OSError, ValueError):
            return json.loads(path.read_text(encoding="utf-8"))
        value = compute()
        write_json(path, value)
        return value

    def remove(self) -> None:
        """Delete what is saved. Call it after the outputs of the run are written."""
        for path in (self.path, *self.path.parent.glob("*.json")):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: the same run in another process is saving its state
            self.path.parent.rmdir()
