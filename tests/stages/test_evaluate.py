"""Stage evaluate: reads the test lines, all of them and no others."""

import csv
import json

import pytest

from netchu.model_files import save_model
from netchu.network import NetworkParams, build_network
from stages import evaluate
from tests.netchu.helpers import HEIGHT, write_table

TINY = NetworkParams(cnn_channels=[4, 6, 8], cnn_blocks=1, lstm_units=8, lstm_layers=1, dropout=0.0)
TEXTS = ["số 9", "Ấp Đông, xã 2", "a"]


@pytest.fixture
def inputs(tmp_path):
    table, split = write_table(tmp_path, {"train": ["x"] * 70, "test": TEXTS, "validation": ["y"]})
    save_model(tmp_path / "crnn", build_network(TINY, HEIGHT, seed=1), TINY, {"height": HEIGHT})
    return {"lines": table, "split": split, "model": tmp_path / "crnn"}


def run(inputs, folder, decoder="greedy"):
    outputs = {"metrics": folder / "metrics.json", "predictions": folder / "predictions.csv"}
    params = evaluate.Params(evaluate=evaluate.EvaluateParams(decoder=decoder, beam_width=4))
    summary = evaluate.run(params, inputs, outputs)
    with outputs["predictions"].open(encoding="utf-8", newline="") as file:
        return summary, json.loads(outputs["metrics"].read_text()), list(csv.DictReader(file))


def test_a_perfect_reader_has_no_errors(inputs, tmp_path, monkeypatch):
    """A stub that reads the labels: the stage must pair every prediction with its own line."""

    def read(self, images, decode):
        for place, _ in enumerate(images):
            yield TEXTS[place]

    monkeypatch.setattr(evaluate.Recognizer, "read", read)
    summary, metrics, rows = run(inputs, tmp_path)
    assert (metrics["cer"], metrics["wer"], metrics["ser"], metrics["lines"]) == (0, 0, 0, 3)
    assert [(row["id"], row["reference"], row["prediction"]) for row in rows] == [
        (f"test/{n:03}", text, text) for n, text in enumerate(TEXTS)
    ]
    assert summary == "3 lines, CER 0.0 %, WER 0.0 %, SER 0.0 %"


def test_metrics_are_those_of_the_predictions(inputs, tmp_path):
    _, metrics, rows = run(inputs, tmp_path)
    wrong = sum(row["reference"] != row["prediction"] for row in rows)
    assert metrics["ser"] == pytest.approx(100 * wrong / 3, abs=1e-3)
    assert all(isinstance(value, int | float) for value in metrics.values())


def test_the_decoder_is_the_one_asked_for(inputs, tmp_path, monkeypatch):
    widths = []
    monkeypatch.setattr(evaluate, "beam", lambda logits, width: widths.append(width) or "")
    monkeypatch.setattr(evaluate, "greedy", lambda logits: pytest.fail("greedy"))
    run(inputs, tmp_path, "beam")
    assert widths == [4, 4, 4]
