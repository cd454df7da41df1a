"""The command that trains the shipped reader, on a tiny setting."""

import json
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from benchmarks.tiny_project import ROOT, TINY, commit, copy_project, run
from netchu.core.errors import NetchuError
from netchu.core.params import Section, read_params
from netchu.synthetic.dataset import SyntheticParams
from tools import build_reader

DRAWN = {
    "seed": 3,
    "lines": 40,
    "writers": 10,
    "test_lines": 1,
    "test_writers": 1,
    "max_characters": 16,
    "texts": ["addresses", "sentences"],
    "sentences": "sentences.txt",
}


def write_yaml(path, values) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    YAML(typ="safe").dump(values, path)


def test_runs_steps_that_are_not_done_and_replaces_the_reader(tmp_path):
    project, data = copy_project(tmp_path / "project"), tmp_path / "my data"
    data.mkdir()
    (data / "sentences.txt").write_text("Mưa to\nNắng lên\nGió mát\n", encoding="utf-8")
    steps = project / build_reader.STEPS
    shutil.rmtree(steps)
    tiny = {key: value for key, value in TINY.items() if not key.startswith("download")}
    start = {"download.source": "archive", "download.archives": ["d.zip"], "model.cnn_channels": [4, 4, 4]}
    start |= {"train.sampling": {"d": 0.5}}
    write_yaml(steps / "drawn" / "d.yaml", DRAWN)
    write_yaml(steps / "1-first.yaml", tiny | start)
    commit(project, "tiny steps")
    run(project, "python", "-m", "tools.build_reader", str(data))
    first = (project / "models/step-1/model.weights.h5").read_bytes()
    assert (project / "models/pretrained/model.weights.h5").read_bytes() == first
    assert not (project / "models/pretrained/general_language_model.bin").exists()  # of the former reader
    assert json.loads((project / "models/pretrained/model.json").read_text())["preprocess"]["height"] == 16

    general = {"sentences": "sentences.txt", "sources": [], "order": 3, "threshold": 0.0}
    changes = {"train.init_from": "models/step-1", "train.sampling": {"d": 2}, "decoder.general": general}
    write_yaml(steps / "2-second.yaml", changes)
    output = run(project, "python", "-m", "tools.build_reader", str(data))
    assert "1-first.yaml: done" in output and (project / "models/step-1/model.weights.h5").read_bytes() == first
    second = (project / "models/step-2/model.weights.h5").read_bytes()
    assert second != first
    assert (project / "models/pretrained/model.weights.h5").read_bytes() == second
    assert (project / "models/pretrained/general_language_model.bin").exists()
    parameters = YAML(typ="safe", pure=True).load(project / "params.yaml")
    assert parameters["train"]["sampling"] == {"d": 2} and parameters["decoder"]["general"].keys() == general.keys()

    shutil.rmtree(project / "models/reader")  # as if another run had replaced it
    run(project, "python", "-m", "tools.build_reader", str(data))
    assert (project / "models/pretrained/model.weights.h5").read_bytes() == second


def test_names_missing_files_before_it_draws(tmp_path, monkeypatch):
    """Not those that it draws, nor those of steps that are done."""
    monkeypatch.chdir(tmp_path)
    data, steps = Path("data"), Path("steps")
    write_yaml(steps / "drawn" / "d.yaml", DRAWN)
    write_yaml(steps / "1-first.yaml", {"download.archives": ["cinnamon-train.zip", "d.zip"]})
    write_yaml(steps / "2-second.yaml", {"decoder.general": {"sentences": "general.txt"}})
    with pytest.raises(NetchuError, match="data: no such folder"):
        build_reader.check_data(data, steps)
    assert not data.exists()
    data.mkdir()
    for name, file in (("sentences.txt", "d"), ("cinnamon-train.zip", "1-first"), ("general.txt", "2-second")):
        with pytest.raises(NetchuError, match=f"{name}: missing; .*{file}.yaml needs it, see DATA_CARD.md"):
            build_reader.check_data(data, steps)
        (data / name).touch()
    build_reader.check_data(data, steps)
    (data / "d.zip").touch()
    (data / "sentences.txt").unlink()
    build_reader.check_data(data, steps)
    (data / "general.txt").unlink()
    (build_reader.MODELS / "step-2").mkdir(parents=True)
    build_reader.check_data(data, steps)


def test_committed_steps_are_valid(tmp_path):
    """Apply the steps one after the other to params.yaml, as DVC does, and validate every group."""
    from stages import clean, decoder, download, evaluate, preprocess, split, train

    values = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    files = sorted((ROOT / build_reader.STEPS).glob("*.yaml"))
    assert [file.name.partition("-")[0] for file in files] == [str(n) for n in range(1, len(files) + 1)]
    for file in files:
        for key, value in build_reader.read_yaml(file).items():
            *groups, name = key.split(".")
            group = values
            for part in groups:
                group = group[part]
            assert name in group, key
            group[name] = value
        write_yaml(tmp_path / "params.yaml", values)
        for stage in (clean, decoder, download, evaluate, preprocess, split, train):
            assert isinstance(read_params(stage.Params, tmp_path / "params.yaml"), Section)
    for file in (ROOT / build_reader.STEPS / "drawn").glob("*.yaml"):
        SyntheticParams(**build_reader.read_yaml(file))
