"""Checkpoints that outlive an interrupted run, kept by a fingerprint of everything that determines the run.

They lie outside DVC's outputs, which DVC deletes before it starts a stage.
"""

import contextlib
import hashlib
import json
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from netchu.core.files import atomic_path
from netchu.core.state import state_folder

FOLDER = Path("checkpoints")
"""In the state folder; it may be deleted at any time, at the price of starting afresh."""


def fingerprint(params: object, inputs: Iterable[Path], packages: Iterable[str]) -> str:
    """A hash of parameters (JSON), input files, this project's imported code and package versions."""
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
    """The state of one run after its last whole epoch: groups of arrays, and its history as JSON."""

    def __init__(self, key: str):
        self.path = state_folder() / FOLDER / key / "state.npz"

    def save(self, groups: dict[str, list[np.ndarray]], history: list[dict]) -> None:
        """Replace the state; a crash while saving leaves the one before."""
        arrays = {f"{group}/{index}": array for group, arrays in groups.items() for index, array in enumerate(arrays)}
        with atomic_path(self.path) as temporary:
            np.savez(temporary, **arrays, history=np.array(json.dumps(history)))

    def load(self) -> tuple[dict[str, list[np.ndarray]], list[dict]] | None:
        """The saved groups and history; None where there are none or the file is damaged."""
        groups: dict[str, list[np.ndarray]] = {}
        try:
            with np.load(self.path) as saved:
                history = json.loads(str(saved["history"]))
                for name in saved.files:
                    group, _, index = name.partition("/")
                    if index:  # np.savez keeps the order in which they were given
                        groups.setdefault(group, []).append(saved[name])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return groups, history

    def remove(self) -> None:
        """Forget the run, once its outputs are written; one that does the same at the moment goes on undisturbed."""
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # the other's unfinished file
            self.path.parent.rmdir()
