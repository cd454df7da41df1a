"""The reader: what its parts make together, the same from equal parts, clear about damage."""

import json
import math
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest

from netchu.core.charset import BLANK, encode
from netchu.core.errors import NetchuError
from netchu.core.parallel import ordered_map
from netchu.reading.beam_search import beam
from netchu.reading.decoding import greedy
from netchu.reading.exported_model import ExportedModel
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import read_words
from netchu.reading.ngrams import estimate
from netchu.reading.reader import BeamParams, Reader, decode_function, write_reader
from tests.netchu.reading.test_beam_search import brute_force
from tests.netchu.tiny_model import IDENTITY, TEXTS, write_tiny_model, write_tiny_reader

BEAM = BeamParams(beam_width=5, language_weight=0.8, length_bonus=1.5)
CALIBRATION = {"greedy": [[0.2, 0.6], [0.1, 0.9]], "beam": [[0.5], [0.25]]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_reader(tmp_path_factory.mktemp("reader") / "reader", BEAM, CALIBRATION)


def noise(seed: int) -> np.ndarray:
    """Logits of a line of 12 frames, as good as illegible."""
    return np.random.default_rng(seed).normal(0, 2, (12, BLANK + 1)).astype(np.float32)


def test_it_reads_as_its_parts_do(folder):
    reader = Reader(folder)
    language_model = LanguageModel.from_trie(estimate(TEXTS, 3, 0))
    texts = {"greedy": greedy, "beam": lambda logits: beam(logits, 5, language_model, 0.8, 1.5)[0][0]}
    for seed in range(5):
        read = {decoder: reader.decode(decoder)(noise(seed)) for decoder in texts}
        for decoder, text in texts.items():
            plain = read_words(noise(seed), text(noise(seed)))
            assert read[decoder].text == plain.text
            assert [word._replace(confidence=0) for word in read[decoder].words] == [
                word._replace(confidence=0) for word in plain.words
            ]
        assert read["greedy"].text != read["beam"].text


def test_its_network_is_the_models(folder):
    image = np.random.default_rng(0).random((2, 48, 64, 1)).astype(np.float32)
    np.testing.assert_array_equal(
        Reader(folder).model(image), ExportedModel(folder.with_name(f"{folder.name}-model"))(image)
    )


@pytest.fixture
def paired(folder, tmp_path):
    """A reader with a second network: another tiny one, whose weights are the first one's the other way round."""
    other = write_tiny_model(tmp_path / "other")
    model = onnx.load(other / "model.onnx")
    (weights,) = (tensor for tensor in model.graph.initializer if tensor.name == "weights")
    weights.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights)[::-1].copy(), "weights"))
    onnx.save(model, other / "model.onnx")
    language_model = LanguageModel.from_trie(estimate(TEXTS, 3, 0))
    model = folder.with_name(f"{folder.name}-model")
    write_reader(tmp_path / "reader", model, language_model, BEAM, CALIBRATION, other)
    return tmp_path / "reader", other


def test_a_second_network_sees_the_same_line(folder, paired):
    reader, other = paired
    image = np.random.default_rng(0).random((2, 48, 64, 1)).astype(np.float32)
    own, second = Reader(folder).model(image), ExportedModel(other)(image)
    np.testing.assert_array_equal(Reader(reader).network("beam")(image), np.concatenate([own, second], axis=-1))
    np.testing.assert_array_equal(Reader(reader).network("greedy")(image), own)
    np.testing.assert_array_equal(Reader(folder).network("beam")(image), own)


def test_both_networks_choose_among_what_the_first_one_finds(folder):
    """Against the sum of both scores, the second by brute force over all paths of its frames."""
    language_model = LanguageModel.from_trie(estimate(TEXTS, 3, 0))
    decode = decode_function("beam", language_model, BEAM)
    classes, changed = [BLANK, *encode("ao")], 0
    for seed in range(20):
        logits = np.full((2, 5, BLANK + 1), -80, np.float32)
        logits[:, :, classes] = np.random.default_rng(seed).normal(0, 1.5, (2, 5, 3))
        likely = brute_force(logits[1], classes)
        found = beam(logits[0], 5, language_model, 0.8, 1.5)
        best = max(found, key=lambda text: text[1] + math.log(likely[text[0]]))[0]
        assert decode(np.concatenate(logits, axis=1)) == best
        changed += best != found[0][0]
    assert changed > 3


def test_a_damaged_second_network_is_named(paired):
    reader, _ = paired
    (reader / "second.onnx").write_bytes(b"")
    with pytest.raises(NetchuError, match="reader: no readable model"):
        Reader(reader)


def sure(share: float) -> np.ndarray:
    """Logits of a line of one frame that shows an "a" as sure as `share`, or else an "o"."""
    logits = np.full((1, BLANK + 1), -30, np.float32)
    logits[0, encode("ao")] = np.log([share, 1 - share])
    return logits


# By hand: linear from 0.2, right in 0.1 of the cases, to 0.6, right in 0.9; as there beyond.
@pytest.mark.parametrize(("confidence", "calibrated"), [(0.51, 0.72), (0.55, 0.8), (0.6, 0.9), (0.99, 0.9)])
def test_confidences_are_calibrated_by_decoder(folder, confidence, calibrated):
    reader = Reader(folder)
    [word] = reader.decode("greedy")(sure(confidence)).words
    assert word.text == "a" and word.confidence == pytest.approx(calibrated, abs=1e-4)
    assert type(word.confidence) is float
    assert [word.confidence for word in reader.decode("beam")(sure(confidence)).words] == [0.25]


def test_the_identity_changes_no_confidence(tmp_path):
    decode = Reader(write_tiny_reader(tmp_path / "reader")).decode("greedy")
    for seed in range(5):
        assert decode(noise(seed)) == read_words(noise(seed), greedy(noise(seed)))


def test_threads_may_share_it(folder):
    decode = Reader(folder).decode("beam")
    lines = [noise(seed) for seed in range(12)]
    assert list(ordered_map(decode, lines)) == list(map(Reader(folder).decode("beam"), lines))


def test_equal_parts_give_equal_files(folder, tmp_path):
    again = write_tiny_reader(tmp_path / "reader", BEAM, CALIBRATION)
    files = sorted(file.name for file in again.iterdir())
    assert files == ["language_model.bin", "model.json", "model.onnx", "reader.json"]
    for name in files:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["model.json", "model.onnx", "language_model.bin", "reader.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "a folder"])
def test_a_missing_or_damaged_file_is_named(folder, tmp_path, name, damage):
    path = tmp_path / "reader"
    shutil.copytree(folder, path)
    content = (path / name).read_bytes()
    (path / name).unlink()
    if damage == "a folder":
        (path / name).mkdir()
    elif damage != "missing":
        (path / name).write_bytes(content[: len(content) // 2 if damage == "cut" else 0])
    with pytest.raises(NetchuError, match=r"reader.*run `dvc repro") as caught:
        Reader(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path if name.startswith("model") else path / name))


def changed(**calibration) -> dict:
    return {"calibration": CALIBRATION | calibration}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beam": None}, ""),
        ({"beam": {}}, "beam_width"),
        ({"beam": BEAM.model_dump() | {"beam_width": 0}}, "beam_width"),
        ({"beam": BEAM.model_dump() | {"language_weight": math.nan}}, "language_weight"),
        ({"beam": BEAM.model_dump() | {"luck": 1}}, "luck"),
        ({"calibration": None}, ""),
        ({"calibration": []}, ""),
        ({"calibration": {"greedy": IDENTITY}}, "'beam' is missing"),
        (changed(greedy=None), "calibration"),
        (changed(greedy=[]), "calibration"),
        (changed(greedy=[[], []]), "calibration"),
        (changed(greedy=[[0.5, 1.0], [0.5]]), ""),
        (changed(greedy=[0.5, 1.0]), "calibration"),
        (changed(greedy=[[0.0, 1.0]] * 3), "calibration"),
        (changed(greedy=[["a"], ["b"]]), ""),
        (changed(greedy=[[1.0, 0.5], [0.5, 1.0]]), "calibration"),
        (changed(greedy=[[0.5, 1.0], [1.0, 0.5]]), "calibration"),
        (changed(beam=[[0.5], [math.nan]]), "calibration"),
        (changed(beam=[[0.5], [1.5]]), "calibration"),
    ],
)
def test_settings_of_something_else_are_refused(folder, tmp_path, change, message):
    path = tmp_path / "reader"
    shutil.copytree(folder, path)
    settings = json.loads((path / "reader.json").read_text(encoding="utf-8"))
    (path / "reader.json").write_text(json.dumps(settings | change), encoding="utf-8")
    with pytest.raises(NetchuError, match=rf"reader\.json: .*{message}.*run `dvc repro decoder`") as caught:
        Reader(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[]", "3", "null", '"text"', "{}"])
def test_settings_of_another_form_are_refused(folder, tmp_path, content):
    path = tmp_path / "reader"
    shutil.copytree(folder, path)
    (path / "reader.json").write_text(content, encoding="utf-8")
    with pytest.raises(NetchuError, match=r"reader\.json: .*run `dvc repro decoder`"):
        Reader(path)


def test_a_network_alone_is_no_reader(folder):
    """Whoever names models/crnn is told what is missing."""
    with pytest.raises(NetchuError, match=r"reader-model/language_model\.bin: no readable language model"):
        Reader(folder.with_name(f"{folder.name}-model"))


def test_without_weight_the_language_model_has_no_say():
    language_model = LanguageModel.from_trie(estimate(TEXTS, 3, 0))
    params = BeamParams(beam_width=5, language_weight=0, length_bonus=0)
    for seed in range(5):
        assert decode_function("beam", language_model, params)(noise(seed)) == beam(noise(seed), 5)[0][0]


def test_reading_needs_nothing_heavy(folder):
    slow = ("tensorflow", "keras", "pandas", "pyarrow", "scipy", "sklearn", "jiwer", "onnx")
    code = f"import sys, pathlib; from netchu.reading.reader import Reader; Reader(pathlib.Path({str(folder)!r}))"
    code += f"; assert not set({slow}) & set(sys.modules), set({slow}) & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
