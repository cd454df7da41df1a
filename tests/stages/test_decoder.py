"""Stage decoder: a complete reader, of the training texts and the validation lines alone."""

import json
import shutil

import pytest

from netchu.core.errors import NetchuError
from netchu.core.folding import LabelsParams
from netchu.core.tables import LINE_COLUMNS, open_lines, read_metadata, read_rows, write_lines
from netchu.reading.language_model import LanguageModel
from netchu.reading.line_reading import LineReading, WordReading
from netchu.reading.ngrams import estimate
from netchu.reading.reader import Reader
from stages import decoder
from tests.netchu.helpers import HEIGHT, write_table
from tests.netchu.tiny_model import write_tiny_model

TRAIN = ["Ấp Đông, Xã Hòa An", "số 9", "số 12, phường 3", "số 9"]
VALIDATION = ["số 3, phường 9", "ấp An"]
BEAM = {"beam_width": 3, "language_weight": 0.5, "length_bonus": 1.0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "crnn", HEIGHT)


@pytest.fixture
def inputs(model, tmp_path):
    return inputs_of(model, tmp_path, {"train": TRAIN, "validation": VALIDATION, "test": ["x"]})


def inputs_of(model, folder, texts):
    table, split = write_table(folder, texts)
    return {"lines": table, "split": split, "model": model}


def run(inputs, folder, folded=(), **changes):
    values = {"init_from": None, "second": None, "seed": 1, "rounds": 0, "order": 3, "threshold": 0.0} | BEAM | changes
    params = decoder.Params(labels=LabelsParams(folded=list(folded)), decoder=decoder.DecoderParams(**values))
    return decoder.run(params, inputs, {"reader": folder / "reader"})


def settings_of(folder) -> dict:
    return json.loads((folder / "reader" / "reader.json").read_text(encoding="utf-8"))


def contents(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "reader").iterdir()}


def stub(monkeypatch, readings):
    """A reader that reads each line as a list of words and confidences, with either decoder."""

    def read(images, network, decode, map_batches):
        for words, _ in zip(readings, images, strict=True):
            found = tuple(WordReading(text, confidence, 0, 1) for text, confidence in words)
            yield LineReading(" ".join(word.text for word in found), found)

    monkeypatch.setattr(decoder, "read_lines", read)


def test_the_reader_is_complete(inputs, tmp_path, model):
    summary = run(inputs, tmp_path)
    files = contents(tmp_path)
    assert sorted(files) == ["language_model.bin", "model.json", "model.onnx", "reader.json"]
    assert all(files[file.name] == file.read_bytes() for file in model.iterdir())
    assert settings_of(tmp_path)["beam"] == BEAM
    assert summary.startswith("language model of 3 texts, ") and summary.endswith(" MB, calibrated on 2 lines")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lines.parquet", "reader", "split.csv"]
    reader = Reader(tmp_path / "reader")
    for name in ("greedy", "beam"):
        assert callable(reader.decode(name))


def test_the_language_model_is_of_the_training_texts(inputs, tmp_path):
    """Each of them once, in lower case."""
    run(inputs, tmp_path)
    LanguageModel.from_trie(estimate({text.lower() for text in TRAIN}, 3, 0)).save(tmp_path / "expected")
    assert contents(tmp_path)["language_model.bin"] == (tmp_path / "expected").read_bytes()


def test_language_model_and_calibration_of_another_reader(inputs, model, tmp_path):
    """With the new network; nothing is estimated, so that too few lines for that do no harm."""
    (tmp_path / "first").mkdir()
    run(inputs, tmp_path / "first")
    other = tmp_path / "first" / "reader"
    few = inputs_of(model, tmp_path, {"train": ["ô"], "test": ["x"]})
    few["model"] = shutil.copytree(model, tmp_path / "tuned")
    (few["model"] / "model.weights.h5").write_bytes(b"tuned")
    assert run(few, tmp_path, init_from=str(other)) == f"language model and calibration of {other}"
    expected = {file.name: file.read_bytes() for file in other.iterdir()} | {"model.weights.h5": b"tuned"}
    assert contents(tmp_path) == expected


def test_a_second_network_comes_along(inputs, model, tmp_path):
    second = write_tiny_model(tmp_path / "second", HEIGHT)
    alone = run(inputs, tmp_path)
    assert run(inputs, tmp_path, second=str(second)) == alone
    assert contents(tmp_path)["second.onnx"] == (second / "model.onnx").read_bytes()
    run(inputs, tmp_path, init_from=str(shutil.copytree(tmp_path / "reader", tmp_path / "other")))
    assert "second.onnx" not in contents(tmp_path)  # it would know nothing of what the new network was taught


def test_a_second_network_that_sees_other_pictures_is_refused(inputs, tmp_path):
    second = write_tiny_model(tmp_path / "second", HEIGHT + 16)
    with pytest.raises(NetchuError, match=r"decoder\.second: .*second: made for preprocess .*, not "):
        run(inputs, tmp_path, second=str(second))
    with pytest.raises(NetchuError, match="none: no readable model"):
        run(inputs, tmp_path, second=str(tmp_path / "none"))


def test_another_reader_that_is_none_is_named(inputs, tmp_path):
    with pytest.raises(NetchuError, match=r"decoder\.init_from: .*none.*model"):
        run(inputs, tmp_path, init_from=str(tmp_path / "none"))
    assert not (tmp_path / "reader").exists()


def test_addresses_join_the_training_texts(inputs, tmp_path, monkeypatch):
    asked = []

    def corpus(labels, rounds, seed):
        asked.append((sorted(labels), rounds, seed))
        return ["Hà Nội", "Huế"]

    monkeypatch.setattr(decoder, "address_corpus", corpus)
    assert run(inputs, tmp_path, rounds=7, seed=5, order=4, threshold=0.5).startswith("language model of 2 texts")
    assert asked == [(sorted(TRAIN), 7, 5)]
    LanguageModel.from_trie(estimate(["hà nội", "huế"], 4, 0.5)).save(tmp_path / "expected")
    assert contents(tmp_path)["language_model.bin"] == (tmp_path / "expected").read_bytes()


def test_test_lines_have_no_say(inputs, model, tmp_path):
    """Neither in the language model nor in the calibration."""
    run(inputs, tmp_path)
    (tmp_path / "other").mkdir()
    texts = {"train": TRAIN, "validation": VALIDATION, "test": ["một dòng khác", "số 9"]}
    run(inputs_of(model, tmp_path / "other", texts), tmp_path / "other")
    assert contents(tmp_path) == contents(tmp_path / "other")


def test_the_reader_is_the_same_again(inputs, tmp_path):
    run(inputs, tmp_path)
    first = contents(tmp_path)
    run(inputs, tmp_path)
    assert contents(tmp_path) == first


def test_calibration_by_hand(inputs, tmp_path, monkeypatch):
    """Right: số at 0.9, An at 0.5 and phường at 0.6; wrong: 9, read as q at 0.2, the rest and what is too much."""
    stub(
        monkeypatch,
        [[("số", 0.9), ("3.", 0.6), ("phường", 0.6), ("q", 0.2)], [("Ấp", 0.2), ("An", 0.5), ("an", 0.4)]],
    )
    run(inputs, tmp_path)
    # 0.2: neither of two; 0.4: not the one; 0.5: right, but one of the two at 0.6 is not, together two of three; 0.9.
    knots = [[0.2, 0.4, 0.5, 0.6, 0.9], [0, 0, 0.6667, 0.6667, 1]]
    assert settings_of(tmp_path)["calibration"] == {"greedy": knots, "beam": knots}


def test_case_and_punctuation_do_not_count_in_folded_sources(inputs, tmp_path, monkeypatch):
    readings = [[("Số", 0.9), ("3", 0.8), ("-", 0.1), ("Phường", 0.7), ("9.", 0.6)], [("Ấp", 0.5), ("an", 0.4)]]
    stub(monkeypatch, readings)
    run(inputs, tmp_path, folded=["test"])
    assert settings_of(tmp_path)["calibration"]["beam"] == [[0.4, 0.9], [1, 1]]
    stub(monkeypatch, readings)
    run(inputs, tmp_path, folded=["another"])
    assert settings_of(tmp_path)["calibration"]["beam"] != [[0.4, 0.9], [1, 1]]


def test_each_source_is_folded_or_not_by_itself(inputs, tmp_path, monkeypatch):
    original = open_lines(inputs["lines"])
    with write_lines(tmp_path / "two.parquet", LINE_COLUMNS, read_metadata(original)) as lines:
        for row in read_rows(original):
            lines.append(row | {"source": "folded" if row["text"] == VALIDATION[1] else "exact"})
    stub(monkeypatch, [[("SỐ", 0.3)], [("ẤP", 0.8), ("AN", 0.8)]])
    run(inputs | {"lines": tmp_path / "two.parquet"}, tmp_path, folded=["folded"])
    assert settings_of(tmp_path)["calibration"]["greedy"] == [[0.3, 0.8], [0, 1]]


def test_a_reader_of_nothing_keeps_its_confidences(inputs, tmp_path, monkeypatch):
    stub(monkeypatch, [[], []])
    run(inputs, tmp_path)
    assert settings_of(tmp_path)["calibration"]["greedy"] == [[0, 1], [0, 1]]


def test_each_decoder_is_calibrated_by_its_own_readings(model, tmp_path, monkeypatch):
    """The one reads "greedy" everywhere, the other "beam", which is right."""
    monkeypatch.setattr(decoder, "decode_function", lambda name, *_: lambda logits: name)
    run(inputs_of(model, tmp_path, {"train": TRAIN, "validation": ["beam"] * 3}), tmp_path)
    calibration = settings_of(tmp_path)["calibration"]
    assert set(calibration["greedy"][1]) == {0} and set(calibration["beam"][1]) == {1}


@pytest.mark.parametrize("subset", ["train", "validation"])
def test_without_lines_says_so_and_leaves_nothing(model, tmp_path, subset):
    texts = {"train": TRAIN, "validation": VALIDATION}
    del texts[subset]
    with pytest.raises(NetchuError, match=f"no line belongs to {subset}"):
        run(inputs_of(model, tmp_path, texts), tmp_path)
    assert not (tmp_path / "reader").exists()


def test_a_damaged_model_is_named_and_leaves_nothing(inputs, tmp_path):
    (tmp_path / "crnn").mkdir()
    with pytest.raises(NetchuError, match="crnn: no readable model"):
        run(inputs | {"model": tmp_path / "crnn"}, tmp_path)
    assert not (tmp_path / "reader").exists()
