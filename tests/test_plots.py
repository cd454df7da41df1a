"""Tests of the plots in dvc.yaml, drawn by DVC from the outputs of the evaluate stage."""

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from benchmarks.tiny_project import run
from netchu.core.folding import LabelsParams
from netchu.reading.line_reading import LineReading, WordReading
from stages import evaluate
from tests.netchu.helpers import write_table

ROOT = Path(__file__).parent.parent
PLOTS = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["plots"]
CURVES = {name: plot for entry in PLOTS if isinstance(entry, dict) for name, plot in entry.items()}
TEXTS = {"Quận 1, Hà Nội": "Quân 7 Hà Nộ", "Ấp Đông": "ấp Đồng", "số 9": "số 9"}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the folder of the page that `dvc plots show` makes of a reader's errors."""
    folder = tmp_path_factory.mktemp("plots")
    Repo.init(folder, no_scm=True).close()
    shutil.copy(ROOT / "dvc.yaml", folder)
    shutil.copytree(ROOT / ".dvc" / "plots", folder / ".dvc" / "plots")
    _evaluate(folder)
    (folder / "metrics" / "history.csv").write_text("epoch,loss,validation_cer,learning_rate\n1,50.0,20.0,0.001\n")
    run(folder, "dvc", "plots", "show", "--out", "page")
    return folder / "page"


def _evaluate(folder):
    def read(items, decoder):
        for text, (item, _) in zip(TEXTS.values(), items, strict=True):
            yield item, LineReading(text, tuple(WordReading(word, 0.9, 0, 1) for word in text.split()))

    table, split = write_table(folder, {"test": list(TEXTS)})
    params = evaluate.Params(
        labels=LabelsParams(uncased=[], folded=[]), evaluate=evaluate.EvaluateParams(decoder="greedy")
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.Reader, "load", lambda folder: SimpleNamespace(read=read))
        outputs = {name: folder / path for name, path in evaluate.OUTPUTS.items()}
        evaluate.run(params, {"lines": table, "split": split, "reader": folder}, outputs)


def specifications(page):
    found = re.findall(r"var spec = (\{.*\});$", (page / "index.html").read_text(encoding="utf-8"), re.MULTILINE)
    return {spec["title"]["text"]: spec for spec in map(json.loads, found)}


def test_draws_every_plot(page):
    assert list(specifications(page)) == list(CURVES)


@pytest.mark.parametrize("name", CURVES)
def test_fills_the_template_of_a_plot_with_its_columns(page, name):
    spec = specifications(page)[name]
    [(_, y)] = CURVES[name]["y"].items()
    assert spec["data"]["values"]
    assert all(row[CURVES[name]["x"]] and row[y] for row in spec["data"]["values"])
    assert "<DVC_METRIC" not in json.dumps(spec)
    if "template" in CURVES[name]:
        fields = set(re.findall(r'"field": "(\w+)"', json.dumps(spec)))
        assert fields - {"at"} <= spec["data"]["values"][0].keys()  # "at" is a field of the diagonal's data


def test_shows_the_contact_sheet(page):
    sheet = re.search(r'<img src="(.*worst_lines.svg)">', (page / "index.html").read_text(encoding="utf-8"))[1]
    assert "No line was misread." not in (page / sheet).read_text(encoding="utf-8")


def test_uses_every_template():
    ours = {file.stem for file in (ROOT / ".dvc" / "plots").glob("*.json")}
    assert ours == {plot["template"] for plot in CURVES.values() if "template" in plot}
