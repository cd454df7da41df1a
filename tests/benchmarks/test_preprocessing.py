"""The benchmark of preprocessing: trains a tiny network per option and prints a table."""

import sys

from ruamel.yaml import YAML

from benchmarks import preprocessing
from benchmarks.tiny_project import ROOT
from netchu.core.params import read_params
from netchu.synthetic.dataset import SyntheticParams, write_archive
from stages import clean, preprocess, split


def test_prints_row_for_each_option_and_reuses_trained_networks(tmp_path, monkeypatch, capsys):
    yaml = YAML()
    params = yaml.load(ROOT / "params.yaml")
    params["preprocess"]["height"] = 16
    params["model"] |= {"cnn_channels": [4, 4, 4], "lstm_units": 4, "lstm_layers": 1}
    yaml.dump(params, tmp_path / "params.yaml")
    sizes = {"lines": 40, "writers": 10, "test_lines": 12, "test_writers": 3, "max_characters": 16}
    synthetic = SyntheticParams(**params["download"]["synthetic"] | sizes)
    monkeypatch.chdir(tmp_path)
    write_archive(tmp_path / "data" / "raw" / "lines.zip", synthetic)
    for stage in (clean, preprocess, split):
        stage.run(read_params(stage.Params), stage.INPUTS, stage.OUTPUTS)
    monkeypatch.setattr(preprocessing, "OPTIONS", {"none": {}, "deslant": {"deslant": True}})
    monkeypatch.setattr(sys, "argv", ["preprocessing", "work", "--epochs", "1"])
    preprocessing.main()
    *_, columns, _, none, deslant = capsys.readouterr().out.splitlines()
    assert [cell.strip() for cell in columns.split("|")][1:3] == ["option", "CER %"]
    cells = [[cell.strip() for cell in row.split("|")][1:-1] for row in (none, deslant)]
    assert [row[0] for row in cells] == ["none", "deslant"]
    assert cells[0][3:5] == ["+0.00", "+0.00 to +0.00"]
    assert all(float(row[1]) > 0 and float(row[5]) > 0 for row in cells)
    monkeypatch.setattr(preprocessing.train, "run", None)
    preprocessing.main()
    *_, again, _ = capsys.readouterr().out.splitlines()
    assert again.split("|")[1:6] == none.split("|")[1:6]
