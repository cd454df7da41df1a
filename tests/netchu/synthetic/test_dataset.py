import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from netchu.core.charset import CHARSET
from netchu.core.folding import fold
from netchu.synthetic.dataset import SyntheticParams, write_archive

PARAMS = {
    "seed": 7,
    "lines": 40,
    "writers": 5,
    "test_lines": 12,
    "test_writers": 3,
    "max_characters": 24,
    "texts": ["addresses"],
    "sentences": None,
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "synthetic.zip"
    write_archive(path, SyntheticParams(**PARAMS))
    return path


def read(path):
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def tables(files, name):
    return {folder: json.loads(files[f"{folder}/{name}.json"]) for folder in ("Data Samples", "Private Test")}


def test_writes_the_layout_of_cinnamon(archive):
    files = read(archive)
    labels, writers = tables(files, "labels"), tables(files, "writers")
    assert list(labels["Data Samples"]) == [f"{n:04d}_samples.png" for n in range(40)]
    assert list(labels["Private Test"]) == [f"{n:04d}_tests.png" for n in range(12)]
    images = {f"{folder}/{file}" for folder in labels for file in labels[folder]}
    assert set(files) == images | {f"{folder}/{name}.json" for folder in labels for name in ("labels", "writers")}
    for folder in labels:
        assert writers[folder].keys() == labels[folder].keys()
        assert all(len(text) <= 24 and set(text) <= set(CHARSET) for text in labels[folder].values())


def test_writes_rgb_png_images(archive):
    files = read(archive)
    for name in ("Data Samples/0000_samples.png", "Private Test/0011_tests.png"):
        image = Image.open(io.BytesIO(files[name]))
        assert (image.format, image.mode) == ("PNG", "RGB")


def test_writes_blue_ink_as_blue(archive):
    # OpenCV has the colour channels in the other order.
    shades = []
    for name, content in read(archive).items():
        if name.endswith(".png"):
            pixels = np.asarray(Image.open(io.BytesIO(content))).reshape(-1, 3).astype(int)
            dark = pixels[pixels.sum(axis=1) < np.median(pixels.sum(axis=1)) - 150]
            shades.append(dark.mean(axis=0))
    red, _, blue = np.mean(shades, axis=0)
    assert blue > red + 30


def test_shares_no_writer_and_no_text_between_folders(archive):
    files = read(archive)
    writers, labels = tables(files, "writers"), tables(files, "labels")
    assert len(set(writers["Data Samples"].values())) == 5
    assert len(set(writers["Private Test"].values())) == 3
    assert not set(writers["Data Samples"].values()) & set(writers["Private Test"].values())
    folded = [{fold(text) for text in labels[folder].values()} for folder in labels]
    assert not folded[0] & folded[1]


def test_writes_archive_that_depends_on_parameters_alone(archive, tmp_path):
    write_archive(tmp_path / "again.zip", SyntheticParams(**PARAMS))
    write_archive(tmp_path / "other.zip", SyntheticParams(**PARAMS | {"seed": 8}))
    assert hashlib.sha256((tmp_path / "again.zip").read_bytes()).digest() == (
        hashlib.sha256(archive.read_bytes()).digest()
    )
    assert tables(read(tmp_path / "other.zip"), "labels") != tables(read(archive), "labels")


def test_draws_a_line_independently_of_the_number_of_lines(archive, tmp_path):
    write_archive(tmp_path / "fewer.zip", SyntheticParams(**PARAMS | {"lines": 6, "test_lines": 2}))
    many = read(archive)
    for name, content in read(tmp_path / "fewer.zip").items():
        if name.endswith(".png"):
            assert content == many[name]


def test_keeps_pixels_of_default_archive(archive):
    # The PNG files themselves depend on the version of zlib.
    digest = hashlib.sha256()
    for name, content in read(archive).items():
        digest.update(name.encode())
        digest.update(np.asarray(Image.open(io.BytesIO(content))).tobytes() if name.endswith(".png") else content)
    assert digest.hexdigest() == "20be015a26fd3f5e4b271768ecbc1913b079be23223720962d4562cbe3a6f727"


def test_mixes_kinds_of_text(tmp_path):
    kinds = ["abbreviations", "contacts", "syllables"]
    write_archive(tmp_path / "mixed.zip", SyntheticParams(**PARAMS | {"texts": kinds}))
    labels = tables(read(tmp_path / "mixed.zip"), "labels")
    assert any("@" in text for text in labels["Data Samples"].values())
    assert any("." in text and "@" not in text for text in labels["Data Samples"].values())
    assert not {fold(text) for text in labels["Data Samples"].values()} & {
        fold(text) for text in labels["Private Test"].values()
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": 0},
        {"writers": 0},
        {"max_characters": 8},
        {"seed": -1},
        {"lines": "40"},
        {"lnies": 3},
        {"texts": []},
        {"texts": ["poems"]},
        {"texts": ["sentences"]},
    ],
)
def test_rejects_invalid_params(wrong):
    with pytest.raises(ValidationError):
        SyntheticParams(**PARAMS | wrong)
