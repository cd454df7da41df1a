"""Stage evaluate: reads all test lines and no others, and measures the errors."""

import csv
import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from netchu.core.charset import BLANK, encode
from netchu.core.folding import LabelsParams
from netchu.core.tables import LINE_COLUMNS, open_lines, read_metadata, read_rows, write_lines
from netchu.evaluation.error_kinds import ERROR_KINDS
from netchu.reading.line_reading import LineReading, WordReading
from netchu.reading.onnx_network import OnnxNetwork
from netchu.reading.reader import Reader
from stages import evaluate
from tests.netchu.helpers import HEIGHT, write_table
from tests.netchu.tiny_model import write_tiny_reader

TEXTS = ["số 9", "Ấp Đông, xã 2", "a"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    table, split = write_table(folder, {"train": ["x"] * 70, "test": TEXTS, "validation": ["y"]})
    return {"lines": table, "split": split, "reader": write_tiny_reader(folder / "reader", height=HEIGHT)}


def run(inputs, folder, decoder="greedy", uncased=(), folded=()):
    outputs = {name: folder / path for name, path in evaluate.OUTPUTS.items()}
    params = evaluate.Params(
        labels=LabelsParams(uncased=list(uncased), folded=list(folded)),
        evaluate=evaluate.EvaluateParams(decoder=decoder),
    )
    summary = evaluate.run(params, inputs, outputs)
    return summary, json.loads(outputs["metrics"].read_text()), rows(outputs["predictions"])


def rows(file):
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def errors(folder, name):
    return rows(folder / evaluate.OUTPUTS["errors"] / f"{name}.csv")


def stub(monkeypatch, texts, confidence=1.0):
    """Make readers read `texts`, line by line."""

    def read(self, items, decoder):
        for text, (item, _) in zip(texts, items, strict=True):
            yield item, LineReading(text, tuple(WordReading(word, confidence, 0, 1) for word in text.split()))

    monkeypatch.setattr(Reader, "read", read)


def with_sources(inputs, folder, sources, writers=(None, None, None)):
    """Return the same inputs with other sources and writers for the test lines."""
    original = open_lines(inputs["lines"])
    with write_lines(folder / "lines.parquet", LINE_COLUMNS, read_metadata(original)) as lines:
        for row in read_rows(original):
            subset, number = row["id"].split("/")
            of_test = {"source": sources[int(number)], "writer": writers[int(number)]} if subset == "test" else {}
            lines.append(row | of_test)
    return inputs | {"lines": folder / "lines.parquet"}


def test_reports_no_errors_of_a_perfect_reader(inputs, tmp_path, monkeypatch):
    """The stage must pair every prediction with its own line."""
    stub(monkeypatch, TEXTS)
    summary, metrics, predictions = run(inputs, tmp_path)
    assert metrics["lines"] == 3
    assert all(value == 0 for key, value in metrics.items() if key != "lines")
    assert [(row["id"], row["reference"], row["prediction"]) for row in predictions] == [
        (f"test/{n:03}", text, text) for n, text in enumerate(TEXTS)
    ]
    assert summary == "3 lines, CER 0.0 %, WER 0.0 %, SER 0.0 %"
    assert "No line was misread." in (tmp_path / evaluate.OUTPUTS["worst_lines"]).read_text()


def test_computes_metrics_that_match_the_predictions(inputs, tmp_path):
    _, metrics, predictions = run(inputs, tmp_path)
    wrong = sum(row["reference"] != row["prediction"] for row in predictions)
    assert metrics["ser"] == pytest.approx(100 * wrong / 3, abs=1e-3)
    assert all(isinstance(value, int | float) for value in metrics.values())
    tolerance = 0.001 * len(ERROR_KINDS)
    assert sum(metrics[f"cer_{kind}"] for kind in ERROR_KINDS) == pytest.approx(metrics["cer"], abs=tolerance)


def test_counts_errors_by_kind(inputs, tmp_path, monkeypatch):
    """Eighteen characters: ố read as o (mark, tone), 9 as g, the comma lost and Ấ as ấ."""
    stub(monkeypatch, ["so g", "ấp Đông xã 2", "a"], confidence=0.75)
    _, metrics, _ = run(inputs, tmp_path)
    one = 100 / 18
    expected = {"mark": one / 2, "tone": one / 2, "case": one, "digit": one, "punctuation": one}
    assert {kind: metrics[f"cer_{kind}"] for kind in ERROR_KINDS} == {
        kind: pytest.approx(expected.get(kind, 0), abs=1e-3) for kind in ERROR_KINDS
    }
    assert {row["kind"]: float(row["cer"]) for row in errors(tmp_path, "kinds")} == {
        kind: metrics[f"cer_{kind}"] for kind in ERROR_KINDS
    }
    # xã, 2 and a are right; so, g, ấp and Đông, whose comma is lost, are not.
    assert errors(tmp_path, "words") == [{"confidence": "0.75", "accuracy": str(round(3 / 7, 4)), "words": "7"}]
    assert metrics["ece"] == pytest.approx(100 * (0.75 - 3 / 7), abs=0.01)
    tones = {(row["reference"], row["prediction"]): int(row["count"]) for row in errors(tmp_path, "tones")}
    assert tones["sắc", "ngang"] == 1 and tones["sắc", "sắc"] == 1 and tones["ngã", "ngã"] == 1
    assert {(row["reference"], row["prediction"]) for row in errors(tmp_path, "letters")} == {("ô", "o"), ("9", "g")}
    assert [row["characters"] for row in errors(tmp_path, "lengths")] == ["2", "12"]
    assert [(row["writer"], row["lines"]) for row in errors(tmp_path, "writers")] == [("test, unknown", "3")]


def test_reports_rate_of_each_source(inputs, tmp_path, monkeypatch):
    stub(monkeypatch, ["so 9", "Ấp Đông, xã 2", "b"])
    _, metrics, _ = run(inputs, tmp_path)
    assert not [key for key in metrics if key.startswith("cer_on_")]
    _, metrics, _ = run(with_sources(inputs, tmp_path, ["old", "new", "old"]), tmp_path)
    assert (metrics["cer_on_old"], metrics["cer_on_new"]) == (40.0, 0.0)
    assert errors(tmp_path, "sources") == [
        {"source": "new", "cer": "0.0", "lines": "1"},
        {"source": "old", "cer": "40.0", "lines": "2"},
    ]


def test_accepts_unknown_writers(inputs, tmp_path, monkeypatch):
    stub(monkeypatch, ["so 9", "Ấp Đông, xã 2", "b"])
    _, _, predictions = run(with_sources(inputs, tmp_path, ["a", "b", "b"], ["a/1", "b/1", None]), tmp_path)
    assert [row["writer"] for row in predictions] == ["a/1", "b/1", ""]
    assert [row["writer"] for row in errors(tmp_path, "writers")] == ["b, unknown", "a/1", "b/1"]


def test_ignores_case_and_punctuation_of_folded_sources(inputs, tmp_path, monkeypatch):
    """A word of punctuation alone is dropped together with its confidence."""
    stub(monkeypatch, ["Số 9.", "ấp - đông xã 2", "A"])
    several = with_sources(inputs, tmp_path, ["folded", "folded", "exact"])
    _, metrics, predictions = run(several, tmp_path, folded=["folded"])
    assert [(row["reference"], row["prediction"]) for row in predictions] == [
        ("số 9", "số 9"),
        ("ấp đông xã 2", "ấp đông xã 2"),
        ("a", "A"),
    ]
    assert (metrics["cer_on_folded"], metrics["cer_on_exact"], metrics["cer_case"]) == (0, 100, round(100 / 17, 3))
    assert errors(tmp_path, "words") == [{"confidence": "1.0", "accuracy": str(round(6 / 7, 4)), "words": "7"}]


def test_ignores_case_but_not_punctuation_of_uncased_sources(inputs, tmp_path, monkeypatch):
    stub(monkeypatch, ["Số 9.", "ấp đông, xã 2", "A"])
    several = with_sources(inputs, tmp_path, ["uncased", "uncased", "exact"])
    _, metrics, predictions = run(several, tmp_path, uncased=["uncased"])
    assert [(row["reference"], row["prediction"]) for row in predictions] == [
        ("số 9", "số 9."),
        ("ấp đông, xã 2", "ấp đông, xã 2"),
        ("a", "A"),
    ]
    shares = {"cer_case": 1, "cer_punctuation": 1, "cer": 2}  # edits of 18 characters
    assert {key: metrics[key] for key in shares} == {key: round(100 * edits / 18, 3) for key, edits in shares.items()}


def test_shows_misread_lines_on_the_sheet(inputs, tmp_path, monkeypatch):
    stub(monkeypatch, ["số 9", "Ấp Đông xã 2", "b"])
    run(inputs, tmp_path)
    sheet = ElementTree.parse(tmp_path / evaluate.OUTPUTS["worst_lines"])
    captions = [element.text for element in sheet.iter("{http://www.w3.org/2000/svg}text") if element.get("class")]
    assert captions == ["test/002 · CER 100 %", "test/001 · CER 8 %"]


def test_writes_the_same_outputs_every_time(inputs, tmp_path):
    def contents(folder):
        run(inputs, folder)
        return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    once, again = contents(tmp_path / "once"), contents(tmp_path / "again")
    assert once == again and len(once) == 10


@pytest.mark.parametrize("decoder", ["greedy", "beam"])
def test_uses_given_decoder(inputs, tmp_path, monkeypatch, decoder):
    monkeypatch.setattr(
        Reader, "read_line", lambda self, image, decoder: LineReading(decoder, (WordReading(decoder, 1.0, 0, 1),))
    )
    _, _, predictions = run(inputs, tmp_path, decoder)
    assert [row["prediction"] for row in predictions] == [decoder] * 3


def test_reports_confidences_of_words(inputs, tmp_path, monkeypatch):
    """The network always reads "a b", a with probability 0.8 and b with 0.4; "a" is right once."""
    probabilities = np.full((3, BLANK + 1), 1e-9)
    for frame, (character, sure) in enumerate((("a", 0.8), (" ", 1.0), ("b", 0.4))):
        probabilities[frame, encode(character)[0]] = sure
        probabilities[frame, encode("x")[0]] += (1 - sure) / 2
        probabilities[frame, encode("y")[0]] += (1 - sure) / 2

    logits = np.log(probabilities / probabilities.sum(axis=1, keepdims=True))
    monkeypatch.setattr(OnnxNetwork, "__call__", lambda self, image: logits)
    run(inputs, tmp_path)
    found = errors(tmp_path, "words")
    assert [(row["confidence"], row["words"]) for row in found] == [("0.4", "3"), ("0.8", "3")]
    assert float(found[0]["accuracy"]) == 0 and float(found[1]["accuracy"]) == pytest.approx(1 / 3, abs=1e-4)
