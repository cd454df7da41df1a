"""Files of language models. This module needs no NumPy, so that they can be decompressed while NumPy is imported."""

import zlib
from pathlib import Path

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path

LANGUAGE_MODELS = ("language_model.bin", "general_language_model.bin")
"""Files of a reader's language models: of addresses, and of general text, which is optional."""

_MAGIC = b"netchu language model 2\n"
"""Format 2 holds n-grams of texts in lower case."""

VALUES_SIZE = 2048
"""Bytes before the nodes."""


def read_language_models(folder: Path) -> list[bytes]:
    """Return the content of each language model in `folder`; raise NetchuError if one is missing or damaged."""
    first, *others = (folder / name for name in LANGUAGE_MODELS)
    return [read_content(path) for path in (first, *(path for path in others if path.exists()))]


def read_content(path: Path) -> bytes:
    """Return the content that `write_content` wrote; raise NetchuError if `path` is missing or damaged."""
    try:
        content = path.read_bytes()
        if not content.startswith(_MAGIC):
            raise ValueError("another format")
        # With a buffer of about the right size, zlib waits for Python's lock only once, while modules are imported.
        content = zlib.decompress(content[len(_MAGIC) :], bufsize=2 * len(content))
        if len(content) < VALUES_SIZE:
            raise ValueError("too short")
    except (OSError, ValueError, zlib.error) as error:
        raise NetchuError(f"{path}: no readable language model ({error}); run `dvc repro`") from None
    return content


def write_content(path: Path, content: bytes) -> None:
    """Write `content` to `path`, compressed; equal contents give equal files."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(_MAGIC + zlib.compress(content, 9))
