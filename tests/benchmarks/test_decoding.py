"""The benchmark of decoding: reads lines with a tiny reader and prints a table."""

import sys

from benchmarks import decoding
from tests.netchu.helpers import HEIGHT, write_table
from tests.netchu.tiny_model import TEXTS, write_tiny_reader


def test_prints_row_for_each_setting(tmp_path, monkeypatch, capsys):
    lines, split = write_table(tmp_path, {"validation": TEXTS})
    reader = write_tiny_reader(tmp_path / "reader", height=HEIGHT)
    monkeypatch.setattr(decoding, "PREPROCESSED_LINES", lines)
    monkeypatch.setattr(decoding, "SPLIT", split)
    monkeypatch.setattr(decoding, "SETTINGS", decoding.SETTINGS[:2])
    monkeypatch.setattr(sys, "argv", ["decoding", str(reader)])
    decoding.main()
    cells = [[cell.strip() for cell in row.split("|")[1:-1]] for row in capsys.readouterr().out.split("\n")[2:-2]]
    assert [row[0] for row in cells] == ["greedy", "width 4, weight 0.5, bonus 1", "width 8, weight 0.5, bonus 1"]
    assert all(float(row[1]) > 0 and float(row[4]) >= 0 for row in cells)
