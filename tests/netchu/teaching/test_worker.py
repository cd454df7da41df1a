"""The part of a run in the background that needs no pipeline; tests/app/test_teach_page.py has a whole run."""

from pathlib import Path

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.experiments.comparison import Line
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader import Reader
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching import worker
from netchu.teaching.corrections import export_zip, read_corrections, save_lines
from netchu.teaching.fine_tuning import CHOSEN, SHIPPED
from netchu.teaching.worker import read_with
from tests.workspace import ROOT


def test_the_shipped_reader_reads_the_lines_as_everywhere(tmp_path):
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = ["Số 9, Đường Láng", "Xã Trịnh Phú", "hẻm 29"]
    save_lines(tmp_path / "lines", [(draw_line(text, writer, rng), text) for text in texts], "Lan")
    (tmp_path / "corrections.zip").write_bytes(export_zip(tmp_path / "lines"))
    saved = read_corrections(tmp_path / "lines")
    # The last two alone: lines are found by their ids, not by their places.
    lines = {f"corrections/netchu-lines/{line.file}": Line("corrections", line.text, "?") for line in saved[1:]}
    read = read_with(Reader.load(ROOT / SHIPPED), tmp_path / "corrections.zip", lines)
    recognizer = Recognizer.load(ROOT / SHIPPED)
    for line, (name, found) in zip(saved[1:], read.items(), strict=True):
        assert Path(name).name == line.file and found.reference == line.text
        assert found.prediction == recognizer.read(tmp_path / "lines" / line.file, "line").text != "?"


def test_lines_are_taught_anew_though_they_were_taught_before(tmp_path, monkeypatch):
    """DVC's run cache knows the shipped reader by its name alone: a new one there must not get the old one's result."""
    asked = []

    def refuse(folder, *arguments):
        asked.append(arguments)
        raise NetchuError("enough")

    monkeypatch.setattr(worker, "_dvc", refuse)
    write_json(tmp_path / CHOSEN, {"train.init_from": SHIPPED})
    with pytest.raises(NetchuError, match="enough"):
        worker.teach(tmp_path)
    assert asked[0][:2] == ("exp", "run") and "--force" in asked[0]
