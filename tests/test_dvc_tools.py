"""Companions of DVC read the project: `dvc.api`, its Python interface, and GTO, which registers releases."""

import json

import dvc.api
from ruamel.yaml import YAML

from benchmarks.tiny_project import ROOT, copy_project, run


def test_python_interface_reads_parameters_metrics_and_files():
    params = YAML(typ="safe", pure=True).load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    assert dvc.api.params_show(repo=str(ROOT)) == params
    metrics = json.loads((ROOT / "metrics/metrics.json").read_text(encoding="utf-8"))
    assert dvc.api.metrics_show(repo=str(ROOT))["cer"] == metrics["cer"]
    with dvc.api.open("metrics/predictions.csv", repo=str(ROOT), encoding="utf-8") as file:
        assert file.readline().startswith("id,")


def test_registers_release_of_reader(tmp_path):
    project = copy_project(tmp_path / "project")
    run(project, "gto", "register", "reader", "--version", "v1.0.0")
    run(project, "gto", "assign", "reader", "--version", "v1.0.0", "--stage", "production")
    assert run(project, "git", "tag").split() == ["reader#production#1", "reader@v1.0.0"]
    assert "v1.0.0" in run(project, "gto", "show", "reader")
