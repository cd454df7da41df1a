"""Tests of the shipped reader: it is complete, small enough for git, and reads real handwriting."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.as_written import ABBREVIATIONS, CASED_WORDS, NONSENSE, count_as_written, draw_phrases
from netchu.evaluation.metrics import error_rates
from netchu.pages.recognizer import Recognizer
from netchu.pictures.line_image import PreprocessParams, line_image
from netchu.reading.decoders import DECODERS
from netchu.reading.line_reading import mean_confidence
from netchu.reading.reader import LANGUAGE_MODELS, Reader

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "models/pretrained"
ARCHIVE = ROOT.parent / "shared/data/cinnamon-train.zip"


def test_is_complete_and_at_most_20_megabytes():
    names = {"model.json", "model.onnx", "model.weights.h5", "reader.json", *LANGUAGE_MODELS}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 20e6


def test_reads_without_tensorflow(tmp_path):
    code = (
        "import sys, numpy; from netchu import Recognizer; "
        f"page = Recognizer.load({str(FOLDER)!r}).read(numpy.full((80, 400), 255, 'uint8')); "
        "assert page.text == '', page.text; assert not {'tensorflow', 'pandas', 'PIL'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_reads_abbreviations_and_case_as_written():
    """Drawn in hands that no training line has. 90 % are required, for each of the two kinds."""
    reader = Reader.load(FOLDER)
    words = [change(word) for change in (str.lower, str.capitalize) for word in CASED_WORDS]
    for phrases in (ABBREVIATIONS, words):
        counts = count_as_written(reader, phrases, hands=10)
        assert sum(counts.values()) >= 9 * len(phrases), counts


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.parametrize("decoder", DECODERS)
def test_doubts_what_is_no_writing(kind, decoder):
    reader = Reader.load(FOLDER)

    def median_confidence(images):
        readings = [reader.read_line(image, decoder) for image in images]
        return np.median([mean_confidence([word.confidence for word in reading.words]) for reading in readings])

    params = PreprocessParams(**reader.preprocess)
    lines = [line_image(image, params) for _, image in draw_phrases(CASED_WORDS, hands=10)]
    rng = np.random.default_rng(1)
    assert median_confidence([NONSENSE[kind](line, rng) for line in lines]) < 0.3
    assert median_confidence(lines) > 0.9


@pytest.mark.skipif(not ARCHIVE.exists(), reason="needs ../shared/data/cinnamon-train.zip, real handwriting")
def test_reads_real_lines():
    """The limits only detect a broken file or decoder; the lines are from all subsets, so this measures nothing."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        name = next(name for name in archive.namelist() if name.endswith("labels.json") and "0916" in name)
        labels = dict(sorted(json.loads(archive.read(name)).items())[:400:20])
        images = {image: archive.read(name.replace("labels.json", image)) for image in labels}
    reader = Recognizer.load(FOLDER)
    for decoder, limit in (("beam", 4), ("greedy", 6)):
        pages = [reader.read(images[image], "line", decoder) for image in labels]
        assert error_rates(list(labels.values()), [page.text for page in pages])["cer"] < limit
        assert all(0 < page.confidence <= 1 for page in pages)
