"""The folders in which readers are looked for."""

from pathlib import Path

from netchu.core.errors import NetchuError

_READERS = ("models/adopted", "models/pretrained", "models/reader")
"""Readers in order of preference: fine-tuned and adopted, shipped, and trained by `dvc repro`."""

_PACKAGE = Path(__file__).parents[1]


def find_default_reader() -> Path:
    """Return the folder that `Recognizer.load` loads by default; raise NetchuError if there is no reader."""
    # In the working directory, in the project that contains this file, or installed with this package.
    folders = [folder / reader for folder in (Path(), _PACKAGE.parent) for reader in _READERS]
    for folder in (*folders, _PACKAGE / "pretrained"):
        if (folder / "model.json").is_file():
            return folder
    raise NetchuError(f"no model in {' or '.join(_READERS)}; run `dvc repro decoder`, or name the folder of a reader")
