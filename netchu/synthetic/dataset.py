"""Writes an archive of synthetic handwriting in the layout of the real one: folders of images with labels.json."""

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
"""Parts of a random generator's seed: which subset, and what for."""

_TEST_SHARE = 4
"""One text in so many belongs to the test folder, by its hash."""


class SyntheticParams(Section):
    """Size of the synthetic data set, and the seed that determines all of it."""

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
    """Write the zip file that `params` determine, byte for byte.

    Like the real archive it holds a folder `Data Samples` and an official test folder `Private Test`, each with images
    and a labels.json `{file: text}`; beside it our writers.json `{file: writer}`. No writer and no text, case and
    punctuation apart, is in both folders, and line n is the same however many lines there are.
    """
    subsets = (
        ("Data Samples", "samples", "writer", _TRAIN, params.lines, params.writers),
        ("Private Test", "tests", "test-writer", _TEST, params.test_lines, params.test_writers),
    )
    done = iter(progress(range(params.lines + params.test_lines), "drawing lines", params.lines + params.test_lines))
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as zipped:
        for folder, suffix, prefix, subset, lines, writers in subsets:
            people = [sample_writer(_rng(params.seed, subset, _WRITER, number)) for number in range(writers)]
            labels, hands = {}, {}
            for n in range(lines):
                next(done)
                file, text, number = f"{n:04d}_{suffix}.png", _text(params, subset, n), n % writers
                image = draw_line(text, people[number], _rng(params.seed, subset, _DRAWING, n))
                labels[file], hands[file] = text, f"{prefix}-{number:03d}"
                _add(zipped, f"{folder}/{file}", _png(image))
            for name, values in (("labels", labels), ("writers", hands)):
                content = json.dumps(values, ensure_ascii=False, indent=0) + "\n"
                _add(zipped, f"{folder}/{name}.json", content.encode())


def _rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _text(params: SyntheticParams, subset: int, n: int) -> str:
    rng = _rng(params.seed, subset, _TEXT, n)
    while True:
        # Without a draw for a single kind, whose lines are then those of its own generator.
        kind = params.texts[int(rng.integers(len(params.texts)))] if len(params.texts) > 1 else params.texts[0]
        text = text_line(rng, kind, params.max_characters, params.sentences)
        # The text itself says where it belongs, so no line has to know the others.
        if (zlib.crc32(fold(text).encode()) % _TEST_SHARE == 0) == (subset == _TEST):
            return text


def _png(image: np.ndarray) -> bytes:
    encoded, data = cv2.imencode(".png", image[:, :, ::-1])
    if not encoded:
        raise NetchuError("synthetic: OpenCV cannot write PNG; reinstall opencv-python-headless")
    return data.tobytes()


def _add(zipped: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A fixed date: the archive must depend on the parameters alone. Stored: PNG is compressed already.
    zipped.writestr(zipfile.ZipInfo(name, date_time=(2018, 1, 1, 0, 0, 0)), content)
