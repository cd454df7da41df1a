"""Archives of synthetic handwriting in the layout of Cinnamon: folders of images with labels.json."""

import json
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
from pydantic import Field, model_validator

from netchu.core.errors import NetchuError
from netchu.core.files import atomic_path
from netchu.core.folding import fold
from netchu.core.params import Section
from netchu.core.progress import progress
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.synthetic.texts import TextKind, text_line

_TRAIN, _TEST = 0, 1
_WRITER, _TEXT, _DRAWING = 0, 1, 2
"""Parts of the seed of a random generator: the subset, and the purpose."""

_TEST_SHARE = 4
"""One in this many texts belongs to the test folder, by its hash."""

_MAX_ATTEMPTS = 1000
"""Number of texts that are tried for a line; more failures mean that there is no text for its subset."""


class SyntheticParams(Section):
    """Size, texts and seed of the synthetic data set, the group `download.synthetic` of params.yaml."""

    seed: int = Field(ge=0, le=2**31 - 1)
    lines: int = Field(ge=1, le=10_000)  # for training and validation
    writers: int = Field(ge=1, le=1_000)  # of those lines
    test_lines: int = Field(ge=1, le=10_000)
    test_writers: int = Field(ge=1, le=1_000)
    max_characters: int = Field(ge=12, le=64)  # in a line
    texts: list[TextKind] = Field(min_length=1)  # kinds of text, equally frequent; repeat one to have more of it
    sentences: str | None  # file of the kind "sentences", one a line; .xz and .gz are unpacked

    @model_validator(mode="after")
    def _check_sentences(self) -> "SyntheticParams":
        if "sentences" in self.texts and not self.sentences:
            raise ValueError('the kind "sentences" of texts needs a file of sentences')
        return self


def write_archive(path: Path, params: SyntheticParams) -> None:
    """Write a zip file of synthetic lines; equal parameters give equal bytes.

    Like the archive of Cinnamon, it has a folder `Data Samples` and an official test folder `Private Test`, each with
    images and a labels.json `{file: text}`, and also a writers.json `{file: writer}`. No writer and no text is in both
    folders, even if case and punctuation are ignored. Line n does not depend on the number of lines.
    """
    subsets = (
        ("Data Samples", "samples", "writer", _TRAIN, params.lines, params.writers),
        ("Private Test", "tests", "test-writer", _TEST, params.test_lines, params.test_writers),
    )
    done = iter(progress(range(params.lines + params.test_lines), "drawing lines", params.lines + params.test_lines))
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as zipped:
        for folder, suffix, prefix, subset, lines, writer_count in subsets:
            writers = [
                sample_writer(_make_generator(params.seed, subset, _WRITER, index)) for index in range(writer_count)
            ]
            labels, writer_names = {}, {}
            for n in range(lines):
                next(done)
                file, text, index = f"{n:04d}_{suffix}.png", _make_text(params, subset, n), n % writer_count
                image = draw_line(text, writers[index], _make_generator(params.seed, subset, _DRAWING, n))
                labels[file], writer_names[file] = text, f"{prefix}-{index:03d}"
                add_entry(zipped, f"{folder}/{file}", _encode_png(image))
            for name, values in (("labels", labels), ("writers", writer_names)):
                content = json.dumps(values, ensure_ascii=False, indent=0) + "\n"
                add_entry(zipped, f"{folder}/{name}.json", content.encode())


def _make_generator(*seed: int) -> np.random.Generator:
    """Return a new random generator."""
    return np.random.default_rng(seed)


def _make_text(params: SyntheticParams, subset: int, n: int) -> str:
    """Return the text of line `n` of a subset."""
    rng = _make_generator(params.seed, subset, _TEXT, n)
    for _ in range(_MAX_ATTEMPTS):
        # With a single kind no number is drawn: another draw would change every line of the default archive.
        kind = params.texts[int(rng.integers(len(params.texts)))] if len(params.texts) > 1 else params.texts[0]
        text = text_line(rng, kind, params.max_characters, params.sentences)
        # The hash of the text decides its subset, so that no line depends on another.
        if (zlib.crc32(fold(text).encode()) % _TEST_SHARE == 0) == (subset == _TEST):
            return text
    raise NetchuError(f"download.synthetic: {params.sentences}: has too few different sentences; use a longer file")


def _encode_png(image: np.ndarray) -> bytes:
    """Return an RGB image as a PNG file."""
    encoded, data = cv2.imencode(".png", image[:, :, ::-1])
    if not encoded:
        raise NetchuError("synthetic: OpenCV cannot write PNG; reinstall opencv-python-headless")
    return data.tobytes()


def add_entry(zipped: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add a file to a zip archive, uncompressed and with a fixed date, so that equal contents give equal bytes."""
    zipped.writestr(zipfile.ZipInfo(name, date_time=(2018, 1, 1, 0, 0, 0)), content)
