"""The parts of the worker that need no pipeline. A whole run is in tests/app/test_teach_page.py."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tiny_project import ROOT
from netchu.core.errors import NetchuError
from netchu.core.files import write_json
from netchu.experiments.comparison import ScoredLine
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader import Reader
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching import worker
from netchu.teaching.correction_archive import export_zip
from netchu.teaching.corrections import read_corrections, save_lines
from netchu.teaching.fine_tuning import SHIPPED
from netchu.teaching.run_state import CHANGED_PARAMETERS, FAILURE, LOG
from netchu.teaching.worker import read_with
from tests.netchu.teaching.conftest import write_progress


def test_reads_lines_as_recognizer_does(tmp_path):
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = ["Số 9, Đường Láng", "Xã Trịnh Phú", "hẻm 29"]
    save_lines(tmp_path / "lines", [(draw_line(text, writer, rng), text) for text in texts], "Lan")
    (tmp_path / "corrections.zip").write_bytes(export_zip(tmp_path / "lines"))
    saved = read_corrections(tmp_path / "lines")
    # Only the last two: lines are found by their ids, not by their order.
    lines = {f"corrections/netchu-lines/{line.file}": ScoredLine("corrections", line.text, "?") for line in saved[1:]}
    read = read_with(Reader.load(ROOT / SHIPPED), tmp_path / "corrections.zip", lines)
    recognizer = Recognizer.load(ROOT / SHIPPED)
    for line, (name, found) in zip(saved[1:], read.items(), strict=True):
        assert Path(name).name == line.file and found.reference == line.text
        assert found.prediction == recognizer.read(tmp_path / "lines" / line.file, "line").text != "?"


def test_forces_dvc_to_run(tmp_path, monkeypatch):
    """DVC's run cache knows the shipped reader only by its path: a new one must not get the result of an old one."""
    commands = []

    def refuse(folder, *arguments):
        commands.append(arguments)
        raise NetchuError("enough")

    monkeypatch.setattr(worker, "_run_dvc", refuse)
    write_json(tmp_path / CHANGED_PARAMETERS, {"train.init_from": SHIPPED})
    with pytest.raises(NetchuError, match="enough"):
        worker.fine_tune(tmp_path)
    assert commands[0][:2] == ("exp", "run") and "--force" in commands[0]


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([{"stage": "clean", "state": "started"}, {"stage": "clean", "error": "no good line"}], "no good line"),
        ([{"stage": "clean", "state": "started"}], "failed to reproduce 'clean'"),
    ],
)
def test_prefers_error_of_stage_to_that_of_dvc(run_folder, monkeypatch, records, reason):
    write_progress(run_folder, *records)
    (run_folder / LOG).write_text("clean: error: no good line\nERROR: failed to reproduce 'clean'\n")
    (run_folder / CHANGED_PARAMETERS).write_text("{}")
    monkeypatch.setattr(worker, "run_dvc", lambda *_: subprocess.CompletedProcess((), 1))
    worker.main(run_folder)
    assert (run_folder / FAILURE).read_text() == reason
