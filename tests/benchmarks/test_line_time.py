"""The benchmark of a line's time: reads drawn lines with a tiny reader and prints a table."""

import sys

import numpy as np

from benchmarks import line_time
from netchu.pictures.encoding import write_image
from netchu.synthetic.handwriting import draw_line, sample_writer
from tests.netchu.tiny_model import write_tiny_reader


def test_prints_every_step_and_the_cost_of_each_decoder(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    write_image(tmp_path / "line.png", draw_line("số 9", sample_writer(rng), rng))
    reader = write_tiny_reader(tmp_path / "reader")
    monkeypatch.setattr(sys, "argv", ["line_time", str(tmp_path / "line.png"), "--model", str(reader)])
    line_time.main()
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in capsys.readouterr().out.split("\n")[2:-1]]
    costs = {name: float(percent) for name, _, percent in cells}
    assert [name for name in costs if name.startswith("decoder ")] == ["decoder greedy", "decoder beam"]
    assert costs["all, greedy"] == 100 and costs["all, beam"] > 0
