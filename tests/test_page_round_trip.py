"""Pages that were read, corrected in another program and used for training: the corrections arrive."""

import json
from itertools import chain
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks.tiny_project import ROOT, TINY
from netchu import Recognizer
from netchu.core.params import read_params
from netchu.core.subsets import Subset
from netchu.core.tables import SUBSETS
from netchu.pages.image_files import PageFile
from netchu.pages.output_formats import OUTPUT_FORMATS
from netchu.pages.page import Page
from netchu.pictures.encoding import write_image
from netchu.training import checkpoint
from stages import clean, download, preprocess, split, train
from tests.netchu.synthetic_pages import draw_page

CORRECTIONS = {"page": "Số 7, Ngõ Gạch", "alto": "Ấp Đông, Xã Hòa An"}


def write_params(folder: Path, archive: Path) -> None:
    """Write this project's params.yaml with the archive and tiny settings into `folder`."""
    params = YAML(typ="safe").load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["download"] |= {"source": "archive", "archives": [str(archive)]}
    params["preprocess"]["height"] = TINY["preprocess.height"]
    params["model"] |= {"cnn_channels": [4, 4, 4], "lstm_units": 4, "lstm_layers": 1}
    params["train"]["epochs"] = 1
    (folder / "params.yaml").write_text(json.dumps(params), encoding="utf-8")


def test_trains_on_corrected_pages(tmp_path, monkeypatch):
    """One page as PAGE XML and one as ALTO XML; in each, the first line is corrected."""
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path / "checkpoints")
    archive = tmp_path / "corrected"
    (archive / "xml").mkdir(parents=True)
    recognizer = Recognizer.load(ROOT / "models/pretrained")
    expected = []
    for number, (name, correction) in enumerate(CORRECTIONS.items(), 1):
        picture = draw_page(number, lines=8, skew=2).image
        read = recognizer.read(picture)
        corrected = Page(read.width, read.height, (read.lines[0].corrected(correction), *read.lines[1:]))
        expected += corrected.text.splitlines()
        write_image(archive / f"{number}.jpg", picture)
        xml = OUTPUT_FORMATS[name].write(PageFile(Path(f"{number}.jpg")), corrected)
        (archive / "xml" / f"{number}.xml").write_text(xml, encoding="utf-8")
    assert len(expected) == 16
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, archive)
    summaries = {
        stage: stage.run(read_params(stage.Params), stage.INPUTS, stage.OUTPUTS)
        for stage in (download, clean, preprocess, split, train)
    }
    assert summaries[download].startswith("1 archive, 16 labelled lines")
    assert summaries[clean].startswith("16 lines kept")
    tables = (preprocess.OUTPUTS["lines"], split.OUTPUTS["lines"])
    texts = {subset: [row["text"] for row in Subset(*tables, subset)] for subset in SUBSETS}
    assert sorted(chain.from_iterable(texts.values())) == sorted(expected)
    assert set(CORRECTIONS.values()) <= set(texts["train"])
    assert summaries[train].startswith(f"{len(texts['train'])} lines, 1 epoch")
