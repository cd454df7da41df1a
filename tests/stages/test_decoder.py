"""Stage decoder: writes a complete reader from the training texts and the validation lines alone."""

import json
import shutil

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.folding import LabelsParams
from netchu.core.tables import LINE_COLUMNS, open_lines, read_metadata, read_rows, write_lines
from netchu.reading.decoders import DECODERS
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
    values = {"init_from": None, "general": None, "seed": 1, "rounds": 0, "order": 3, "threshold": 0.0}
    values |= BEAM | changes
    params = decoder.Params(
        labels=LabelsParams(uncased=[], folded=list(folded)), decoder=decoder.DecoderParams(**values)
    )
    return decoder.run(params, inputs, {"reader": folder / "reader"})


def settings_of(folder) -> dict:
    return json.loads((folder / "reader" / "reader.json").read_text(encoding="utf-8"))


def contents(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "reader").iterdir()}


def stub(monkeypatch, readings, certainties=None, turned=()):
    """Make readers read each line as a list of words and confidences, with every decoder.

    Args:
        readings: of the validation lines.
        certainties: of these lines.
        turned: the certainties of the lines that are read upside down as "x".
    """

    def read(self, items, decoder):
        upright, upside_down = iter(zip(readings, certainties or [1.0] * len(readings), strict=True)), iter(turned)
        for item, _ in items:
            words, certainty = ([("x", 1.0)], next(upside_down, 0.0)) if item is None else next(upright)
            found = tuple(WordReading(text, confidence, 0, 1) for text, confidence in words)
            yield item, LineReading(" ".join(word.text for word in found), found, certainty=certainty)
        assert next(upright, None) is None

    monkeypatch.setattr(Reader, "read", read)


def test_writes_complete_reader(inputs, tmp_path, model):
    summary = run(inputs, tmp_path)
    files = contents(tmp_path)
    assert sorted(files) == ["language_model.bin", "model.json", "model.onnx", "reader.json"]
    assert all(files[file.name] == file.read_bytes() for file in model.iterdir())
    assert settings_of(tmp_path)["beam"] == BEAM
    assert summary == "language model of 0.0 MB, calibrated on 2 lines"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lines.parquet", "reader", "split.csv"]
    Reader.load(tmp_path / "reader")


def test_estimates_language_model_of_distinct_texts_in_lower_case(inputs, tmp_path):
    run(inputs, tmp_path)
    LanguageModel.from_trie(estimate({text.lower() for text in TRAIN}, 3, 0)).save(tmp_path / "expected")
    assert contents(tmp_path)["language_model.bin"] == (tmp_path / "expected").read_bytes()


def test_takes_language_model_and_calibration_from_another_reader(inputs, model, tmp_path):
    """Nothing is estimated, so a handful of lines is enough."""
    (tmp_path / "first").mkdir()
    run(inputs, tmp_path / "first")
    other = tmp_path / "first" / "reader"
    few = inputs_of(model, tmp_path, {"train": ["ô"], "test": ["x"]})
    few["model"] = shutil.copytree(model, tmp_path / "tuned")
    (few["model"] / "model.weights.h5").write_bytes(b"tuned")
    assert run(few, tmp_path, init_from=str(other)) == f"language model and calibration of {other}"
    expected = {file.name: file.read_bytes() for file in other.iterdir()} | {"model.weights.h5": b"tuned"}
    assert contents(tmp_path) == expected


def test_names_missing_init_from(inputs, tmp_path):
    with pytest.raises(NetchuError, match=r"decoder\.init_from: .*none.*model"):
        run(inputs, tmp_path, init_from=str(tmp_path / "none"))
    assert not (tmp_path / "reader").exists()


def test_adds_addresses_to_training_texts(inputs, tmp_path, monkeypatch):
    asked = []

    def corpus(labels, rounds, seed):
        asked.append((sorted(labels), rounds, seed))
        return ["Hà Nội", "Huế"]

    monkeypatch.setattr(decoder, "address_corpus", corpus)
    run(inputs, tmp_path, rounds=7, seed=5, order=4, threshold=0.5)
    assert asked == [(sorted(TRAIN), 7, 5)]
    LanguageModel.from_trie(estimate(["hà nội", "huế"], 4, 0.5)).save(tmp_path / "expected")
    assert contents(tmp_path)["language_model.bin"] == (tmp_path / "expected").read_bytes()


def test_estimates_model_of_general_text_from_sentences_and_sources(inputs, tmp_path, monkeypatch):
    """The labels of a source of general text are not in the model of addresses."""
    run(inputs, tmp_path)
    addresses = contents(tmp_path)["language_model.bin"]
    (tmp_path / "sentences.txt").write_text("Trời mưa to.\n", encoding="utf-8")
    values = {"sentences": str(tmp_path / "sentences.txt"), "sources": [], "order": 4, "threshold": 0.0}
    assert run(inputs, tmp_path, general=decoder.GeneralParams(**values)).startswith("language model of 0.0 and 0.0 MB")
    assert contents(tmp_path)["language_model.bin"] == addresses
    LanguageModel.from_trie(estimate(["trời mưa to."], 4, 0)).save(tmp_path / "expected")
    assert contents(tmp_path)["general_language_model.bin"] == (tmp_path / "expected").read_bytes()
    values["sources"] = ["test", "other"]
    with pytest.raises(NetchuError, match=r"decoder\.general\.sources: no lines of other; choose from test"):
        run(inputs, tmp_path, general=decoder.GeneralParams(**values))
    values["sources"] = ["test"]
    with pytest.raises(NetchuError, match=r"decoder: no text is left for the language model of addresses"):
        run(inputs, tmp_path, general=decoder.GeneralParams(**values))
    monkeypatch.setattr(decoder, "address_corpus", lambda labels, rounds, seed: [*labels, "Huế"])
    run(inputs, tmp_path, general=decoder.GeneralParams(**values))
    for name, texts in (("language_model.bin", ["huế"]), ("general_language_model.bin", [*TRAIN, "trời mưa to."])):
        order = 3 if texts == ["huế"] else 4
        LanguageModel.from_trie(estimate({text.lower() for text in texts}, order, 0)).save(tmp_path / "expected")
        assert contents(tmp_path)[name] == (tmp_path / "expected").read_bytes()


def test_names_missing_file_of_sentences(inputs, tmp_path):
    general = decoder.GeneralParams(sentences=str(tmp_path / "none.txt"), sources=[], order=4, threshold=0.0)
    with pytest.raises(NetchuError, match=r"decoder\.general\.sentences: .*none\.txt: cannot be read"):
        run(inputs, tmp_path, general=general)
    assert not (tmp_path / "reader").exists()


def test_ignores_test_lines(inputs, model, tmp_path):
    run(inputs, tmp_path)
    (tmp_path / "other").mkdir()
    texts = {"train": TRAIN, "validation": VALIDATION, "test": ["một dòng khác", "số 9"]}
    run(inputs_of(model, tmp_path / "other", texts), tmp_path / "other")
    assert contents(tmp_path) == contents(tmp_path / "other")


def test_writes_the_same_reader_every_time(inputs, tmp_path):
    run(inputs, tmp_path)
    first = contents(tmp_path)
    run(inputs, tmp_path)
    assert contents(tmp_path) == first


def test_calibrates_as_computed_by_hand(inputs, tmp_path, monkeypatch):
    """Right: số at 0.9, An at 0.5 and phường at 0.6. All other words are wrong or extra."""
    stub(
        monkeypatch,
        [[("số", 0.9), ("3.", 0.6), ("phường", 0.6), ("q", 0.2)], [("Ấp", 0.2), ("An", 0.5), ("an", 0.4)]],
    )
    run(inputs, tmp_path)
    # At 0.2 none of two is right, at 0.4 none of one; at 0.5 and 0.6, pooled, two of three; at 0.9 one of one.
    knots = [[0.2, 0.4, 0.5, 0.6, 0.9], [0, 0, 0.6667, 0.6667, 1]]
    assert settings_of(tmp_path)["calibration"] == {"greedy": knots, "beam": knots}


def test_ignores_case_and_punctuation_of_folded_sources(inputs, tmp_path, monkeypatch):
    readings = [[("Số", 0.9), ("3", 0.8), ("-", 0.1), ("Phường", 0.7), ("9.", 0.6)], [("Ấp", 0.5), ("an", 0.4)]]
    stub(monkeypatch, readings)
    run(inputs, tmp_path, folded=["test"])
    assert settings_of(tmp_path)["calibration"]["beam"] == [[0.4, 0.9], [1, 1]]
    stub(monkeypatch, readings)
    run(inputs, tmp_path, folded=["another"])
    assert settings_of(tmp_path)["calibration"]["beam"] != [[0.4, 0.9], [1, 1]]


def test_folds_each_source_separately(inputs, tmp_path, monkeypatch):
    original = open_lines(inputs["lines"])
    with write_lines(tmp_path / "two.parquet", LINE_COLUMNS, read_metadata(original)) as lines:
        for row in read_rows(original):
            lines.append(row | {"source": "folded" if row["text"] == VALIDATION[1] else "exact"})
    stub(monkeypatch, [[("SỐ", 0.3)], [("ẤP", 0.8), ("AN", 0.8)]])
    run(inputs | {"lines": tmp_path / "two.parquet"}, tmp_path, folded=["folded"])
    assert settings_of(tmp_path)["calibration"]["greedy"] == [[0.3, 0.8], [0, 1]]


def test_keeps_confidences_without_words(inputs, tmp_path, monkeypatch):
    stub(monkeypatch, [[], []])
    run(inputs, tmp_path)
    assert settings_of(tmp_path)["calibration"]["greedy"] == [[0, 1], [0, 1]]


def test_calibrates_lines_by_some_that_are_upside_down(model, tmp_path, monkeypatch):
    """The certainties of the five lines are 0.9, but of one that nothing is read in; every fourth is turned."""
    monkeypatch.setattr(decoder, "TURNED", 4)
    stub(monkeypatch, [[("a", 0.5)]] * 4 + [[]], [0.9, 0.9, 0.4, 0.9, 0.1], [0.4, 0.2])
    run(inputs_of(model, tmp_path, {"train": TRAIN, "validation": ["a"] * 5}), tmp_path)
    settings = settings_of(tmp_path)
    assert settings["line_calibration"]["beam"] == [[0.2, 0.4, 0.9], [0, 0.5, 1]]
    assert settings["calibration"]["beam"][1] == [1.0]


def test_turns_lines_by_half_a_turn(model, tmp_path, monkeypatch):
    images = []
    monkeypatch.setattr(Reader, "read", lambda self, items, decoder: images.extend(image for _, image in items) or [])
    run(inputs_of(model, tmp_path, {"train": TRAIN, "validation": ["a"]}), tmp_path)
    assert len(images) == 2 * len(DECODERS) and np.array_equal(images[0], np.rot90(images[1], 2))


def test_calibrates_each_decoder_by_its_own_readings(model, tmp_path, monkeypatch):
    """One decoder always reads "greedy", the other "beam", which is right."""
    for name in ("greedy", "beam"):
        monkeypatch.setitem(DECODERS, name, lambda logits, parts, name=name: name)
    run(inputs_of(model, tmp_path, {"train": TRAIN, "validation": ["beam"] * 3}), tmp_path)
    calibration = settings_of(tmp_path)["calibration"]
    assert set(calibration["greedy"][1]) == {0} and set(calibration["beam"][1]) == {1}


@pytest.mark.parametrize("subset", ["train", "validation"])
def test_names_missing_subset_and_leaves_nothing(model, tmp_path, subset):
    texts = {"train": TRAIN, "validation": VALIDATION}
    del texts[subset]
    with pytest.raises(NetchuError, match=f"no line belongs to {subset}"):
        run(inputs_of(model, tmp_path, texts), tmp_path)
    assert not (tmp_path / "reader").exists()


def test_names_damaged_model_and_leaves_nothing(inputs, tmp_path):
    (tmp_path / "crnn").mkdir()
    with pytest.raises(NetchuError, match=r"crnn: no such folder, or no model\.json in it"):
        run(inputs | {"model": tmp_path / "crnn"}, tmp_path)
    assert not (tmp_path / "reader").exists()
