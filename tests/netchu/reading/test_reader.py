"""The reader: equality with its parts, its files, and errors for damaged ones."""

import itertools
import json
import math
import shutil
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from netchu.core.charset import BLANK, encode
from netchu.core.errors import NetchuError
from netchu.pages.recognizer import Recognizer
from netchu.reading.beam_search import beam_search
from netchu.reading.decoders import DECODERS, BeamParams
from netchu.reading.decoding import decode_best_path
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import read_words
from netchu.reading.mixture import combine
from netchu.reading.ngrams import estimate
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.reader import Reader, ReaderSettings, adapt_reader, write_reader
from stages.evaluate import EvaluateParams
from tests.netchu.tiny_model import PREPROCESS, TEXTS, write_tiny_reader

BEAM = BeamParams(beam_width=5, language_weight=0.8, length_bonus=1.5)
CALIBRATION = {"greedy": [[0.2, 0.6], [0.1, 0.9]], "beam": [[0.5], [0.25]]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_reader(tmp_path_factory.mktemp("reader") / "reader", BEAM, CALIBRATION)


def noise(seed: int) -> np.ndarray:
    """Return the logits of an illegible line of 12 frames."""
    return np.random.default_rng(seed).normal(0, 2, (12, BLANK + 1)).astype(np.float32)


class FixedNetwork:
    """A network that returns the same logits for every line image."""

    def __init__(self, logits: np.ndarray):
        self.logits = logits

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return self.logits


IMAGE = np.full((48, 64), 255, np.uint8)
LANGUAGE_MODEL = LanguageModel.from_trie(estimate(TEXTS, 3, 0))


def reader_of(
    logits: np.ndarray, calibration: dict | None = None, line_calibration: dict | None = None, beam: BeamParams = BEAM
) -> Reader:
    settings = ReaderSettings(beam, calibration or {}, line_calibration or {})
    return Reader(FixedNetwork(logits), LANGUAGE_MODEL, settings, PREPROCESS)


def test_combines_its_parts():
    texts = {"greedy": decode_best_path, "beam": lambda logits: beam_search(logits, 5, LANGUAGE_MODEL, 0.8, 1.5)}
    for seed in range(5):
        reader = reader_of(noise(seed))
        for decoder, text in texts.items():
            reading = read_words(noise(seed), text(noise(seed)))
            words = [word._replace(confidence=0) for word in reading.words]
            assert [word._replace(confidence=0) for word in reader.read_line(IMAGE, decoder).words] == words
        assert reader.read_line(IMAGE, "greedy") == read_words(noise(seed), decode_best_path(noise(seed)))
        assert reader.read_line(IMAGE, "greedy").text != reader.read_line(IMAGE, "beam").text


def test_reads_lines_in_order_with_their_items(folder):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (48, width), np.uint8) for width in rng.integers(20, 300, 40)]
    reader = Reader.load(folder)
    expected = [(index, reader.read_line(image, "greedy")) for index, image in enumerate(images)]
    assert list(reader.read(enumerate(images), "greedy")) == expected
    assert len({reading.text for _, reading in expected}) > 10


def test_reads_endless_source_a_little_ahead(folder):
    taken = itertools.count()
    readings = Reader.load(folder).read(((next(taken), IMAGE) for _ in itertools.count()), "greedy")
    assert [item for item, _ in itertools.islice(readings, 50)] == list(range(50))
    assert next(taken) < 200


def test_loads_network_of_model(folder):
    image = np.random.default_rng(0).integers(0, 256, (48, 64), np.uint8)
    network = OnnxNetwork(folder.with_name(f"{folder.name}-model"))
    assert Reader.load(folder).read_line(image, "greedy").text == decode_best_path(network(image))


def test_returns_letters_on_request(folder):
    image = np.random.default_rng(0).integers(0, 256, (48, 200), np.uint8)
    reader = Reader.load(folder)
    reading = reader.read_line(image, letters=True)
    assert "".join(letter.text for letter in reading.letters) == " ".join(reading.text.split())
    assert reading._replace(letters=()) == reader.read_line(image)


def test_new_decoder_needs_only_its_registration(folder, monkeypatch):
    """A reader that was written before the decoder existed loads, and reports the decoder's raw confidences."""
    monkeypatch.setitem(DECODERS, "shouting", lambda logits, parts: decode_best_path(logits).upper())
    reader = Reader.load(folder)
    image = np.random.default_rng(0).integers(0, 256, (48, 200), np.uint8)
    text = reader.read_line(image, "greedy").text.upper()
    assert reader.read_line(image, "shouting") == read_words(OnnxNetwork(folder)(image), text)
    assert EvaluateParams(decoder="shouting").decoder == "shouting"
    assert Recognizer.load(folder).read(np.full((80, 900), 250, np.uint8), decoder="shouting").text == ""


@pytest.mark.parametrize("older", [False, True])
def test_reads_with_the_first_network_of_a_former_reader_with_two(folder, tmp_path, older):
    """Its `reader.json` holds other settings for both networks as `with_second`; an older one holds those alone."""
    path = shutil.copytree(folder, tmp_path / "reader")
    (path / "second.onnx").write_bytes(b"no network")
    settings = json.loads((path / "reader.json").read_text(encoding="utf-8"))
    both = settings | {"beam": settings["beam"] | {"length_bonus": 2.0}}
    (path / "reader.json").write_text(json.dumps(both if older else settings | {"with_second": both}), encoding="utf-8")
    image = np.random.default_rng(1).integers(0, 256, (48, 200), np.uint8)
    logits = OnnxNetwork(folder)(image)
    expected = beam_search(logits, 5, LANGUAGE_MODEL, 0.8, 2.0 if older else 1.5)
    assert Reader.load(path).read_line(image).text == expected
    adapt_reader(tmp_path / "adapted", folder.with_name(f"{folder.name}-model"), path)
    assert Reader.load(tmp_path / "adapted").read_line(image).text == expected
    assert not (tmp_path / "adapted" / "second.onnx").exists()


def one_letter(share: float) -> np.ndarray:
    """Return the logits of one frame that shows an "a" with probability `share`, else an "o"."""
    logits = np.full((1, BLANK + 1), -30, np.float32)
    logits[0, encode("ao")] = np.log([share, 1 - share])
    return logits


# CALIBRATION is linear from 0.2, calibrated to 0.1, to 0.6, calibrated to 0.9, and constant beyond.
@pytest.mark.parametrize(("confidence", "calibrated"), [(0.51, 0.72), (0.55, 0.8), (0.6, 0.9), (0.99, 0.9)])
def test_calibrates_confidences_by_decoder(confidence, calibrated):
    reader = reader_of(one_letter(confidence), CALIBRATION)
    [word] = reader.read_line(IMAGE, "greedy").words
    assert word.text == "a" and word.confidence == pytest.approx(calibrated, abs=1e-4)
    assert type(word.confidence) is float
    assert [word.confidence for word in reader.read_line(IMAGE, "beam").words] == [0.25]


@pytest.mark.parametrize(("confidence", "writing"), [(0.55, 0.0), (0.6, 0.0), (0.7, 0.25), (0.8, 0.5), (0.9, 0.5)])
def test_multiplies_confidences_by_the_probability_of_writing(confidence, writing):
    """The line calibration is linear from 0.6, where it is 0, to 0.8, where it is 0.5, and constant beyond."""
    line_calibration = {"greedy": [[0.6, 0.8], [0, 0.5]]}
    [word] = reader_of(one_letter(confidence), None, line_calibration).read_line(IMAGE, "greedy").words
    assert word.confidence == pytest.approx(writing * confidence, abs=1e-4)
    [word] = reader_of(one_letter(confidence), CALIBRATION, line_calibration).read_line(IMAGE, "greedy").words
    assert word.confidence == pytest.approx(writing * np.interp(confidence, *CALIBRATION["greedy"]), abs=1e-4)


def test_is_more_confident_of_words_that_the_language_model_expects():
    """The odds of a word, in which the network has a confidence of 0.8, times exp(score of the language model)."""
    [word] = reader_of(one_letter(0.8)).read_line(IMAGE, "beam").words
    log_probability, _ = LANGUAGE_MODEL.step(LANGUAGE_MODEL.start(), encode("a")[0])
    odds = 0.8 / 0.2 * math.exp(0.8 * log_probability + 1.5)
    assert word.confidence == pytest.approx(odds / (1 + odds), abs=1e-4)
    beam = BeamParams(beam_width=5, language_weight=0.0, length_bonus=10.0)
    [word] = reader_of(one_letter(0.8), beam=beam).read_line(IMAGE, "beam").words
    assert word.confidence == pytest.approx(1, abs=1e-4)


def test_loads_older_reader_without_line_calibration(folder, tmp_path):
    path = shutil.copytree(folder, tmp_path / "reader")
    settings = json.loads((path / "reader.json").read_text(encoding="utf-8"))
    del settings["line_calibration"]
    (path / "reader.json").write_text(json.dumps(settings), encoding="utf-8")
    image = np.random.default_rng(1).integers(0, 256, (48, 200), np.uint8)
    assert Reader.load(path).read_line(image) == Reader.load(folder).read_line(image)


def test_identity_keeps_confidences(tmp_path):
    reader = Reader.load(write_tiny_reader(tmp_path / "reader"))
    network = OnnxNetwork(tmp_path / "reader")
    for seed in range(5):
        image = np.random.default_rng(seed).integers(0, 256, (48, 200), np.uint8)
        logits = network(image)
        assert reader.read_line(image, "greedy") == read_words(logits, decode_best_path(logits))


def test_equal_parts_give_equal_files(folder, tmp_path):
    again = write_tiny_reader(tmp_path / "reader", BEAM, CALIBRATION)
    files = sorted(file.name for file in again.iterdir())
    assert files == ["language_model.bin", "model.json", "model.onnx", "reader.json"]
    for name in files:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["model.json", "model.onnx", "language_model.bin", "reader.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "a folder"])
def test_names_missing_or_damaged_file(folder, tmp_path, name, damage):
    path = tmp_path / "reader"
    shutil.copytree(folder, path)
    content = (path / name).read_bytes()
    (path / name).unlink()
    if damage == "a folder":
        (path / name).mkdir()
    elif damage != "missing":
        (path / name).write_bytes(content[: len(content) // 2 if damage == "cut" else 0])
    with pytest.raises(NetchuError, match=r"reader.*(run `dvc repro|name the folder of a reader)") as caught:
        Reader.load(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path if name.startswith("model") else path / name))


def change_calibration(**calibration) -> dict:
    return {"calibration": CALIBRATION | calibration}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beam": None}, ""),
        ({"beam": {}}, "beam_width"),
        ({"beam": asdict(BEAM) | {"beam_width": 0}}, "beam_width"),
        ({"beam": asdict(BEAM) | {"language_weight": math.nan}}, "language_weight"),
        ({"beam": asdict(BEAM) | {"luck": 1}}, "luck"),
        ({"calibration": None}, ""),
        ({"calibration": []}, ""),
        (change_calibration(greedy=None), "calibration"),
        (change_calibration(greedy=[]), "calibration"),
        (change_calibration(greedy=[[], []]), "calibration"),
        (change_calibration(greedy=[[0.5, 1.0], [0.5]]), ""),
        (change_calibration(greedy=[0.5, 1.0]), "calibration"),
        (change_calibration(greedy=[[0.0, 1.0]] * 3), "calibration"),
        (change_calibration(greedy=[["a"], ["b"]]), ""),
        (change_calibration(greedy=[[1.0, 0.5], [0.5, 1.0]]), "calibration"),
        (change_calibration(greedy=[[0.5, 1.0], [1.0, 0.5]]), "calibration"),
        (change_calibration(beam=[[0.5], [math.nan]]), "calibration"),
        (change_calibration(beam=[[0.5], [1.5]]), "calibration"),
        ({"line_calibration": None}, ""),
        ({"line_calibration": {"beam": [[0.5], [1.5]]}}, "calibration"),
    ],
)
def test_rejects_invalid_settings(folder, tmp_path, change, message):
    path = tmp_path / "reader"
    shutil.copytree(folder, path)
    settings = json.loads((path / "reader.json").read_text(encoding="utf-8"))
    (path / "reader.json").write_text(json.dumps(settings | change), encoding="utf-8")
    with pytest.raises(NetchuError, match=rf"reader\.json: .*{message}.*run `dvc repro decoder`") as caught:
        Reader.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"', "{}"])
def test_rejects_settings_of_another_form(folder, tmp_path, content):
    path = tmp_path / "reader"
    shutil.copytree(folder, path)
    (path / "reader.json").write_text(content, encoding="utf-8")
    with pytest.raises(NetchuError, match=r"reader\.json: .*run `dvc repro decoder`"):
        Reader.load(path)


def test_rejects_model_without_language_model(folder):
    """A user may name models/crnn instead of models/reader."""
    with pytest.raises(NetchuError, match=r"reader-model/language_model\.bin: no readable language model"):
        Reader.load(folder.with_name(f"{folder.name}-model"))


def test_zero_weight_switches_language_model_off():
    params = BeamParams(beam_width=5, language_weight=0, length_bonus=0)
    for seed in range(5):
        reader = reader_of(noise(seed), beam=params)
        assert reader.read_line(IMAGE, "beam").text == beam_search(noise(seed), 5)


def test_mixes_its_language_models(folder, tmp_path):
    """Noise reads as the beam search with the mixture of both models reads it; an adapted reader keeps both."""
    general = LanguageModel.from_trie(estimate(["trời mưa to", "anh ấy nói"], 3, 0))
    model = folder.with_name(f"{folder.name}-model")
    settings = ReaderSettings(BEAM, CALIBRATION, {})
    write_reader(tmp_path / "reader", model, [LANGUAGE_MODEL, general], settings)
    adapt_reader(tmp_path / "adapted", model, tmp_path / "reader")
    loaded = [LanguageModel.load(folder / "language_model.bin"), general]
    mixture = combine(loaded, BEAM.language_weight, BEAM.length_bonus)
    image = np.random.default_rng(0).integers(0, 256, (48, 300), np.uint8)
    expected = beam_search(OnnxNetwork(model)(image), 5, mixture, 0.8, 1.5)
    assert Reader.load(tmp_path / "reader").read_line(image).text == expected
    assert Reader.load(tmp_path / "adapted").read_line(image).text == expected
    assert Reader.load(folder).read_line(image).text != expected


def test_reading_imports_nothing_heavy(folder):
    slow = ("tensorflow", "keras", "pandas", "pyarrow", "scipy", "sklearn", "jiwer", "onnx")
    code = f"import sys, pathlib; from netchu.reading.reader import Reader; Reader.load(pathlib.Path({str(folder)!r}))"
    code += f"; assert not set({slow}) & set(sys.modules), set({slow}) & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
