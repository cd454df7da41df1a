"""Tests of the shipped reader: it is complete, small enough for git, and reads real handwriting."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from netchu.evaluation.metrics import error_rates
from netchu.pages.recognizer import Recognizer

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "models/pretrained"
ARCHIVE = ROOT.parent / "shared/data/cinnamon-train.zip"


def test_is_complete_and_at_most_20_megabytes():
    names = {"language_model.bin", "model.json", "model.onnx", "model.weights.h5", "reader.json", "second.onnx"}
    assert {path.name for path in FOLDER.iterdir()} == names
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 20e6


def test_reads_without_tensorflow(tmp_path):
    code = (
        "import sys, numpy; from netchu import Recognizer; "
        f"page = Recognizer.load({str(FOLDER)!r}).read(numpy.full((80, 400), 255, 'uint8')); "
        "assert page.text == '', page.text; assert 'tensorflow' not in sys.modules; assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})


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
