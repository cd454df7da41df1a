"""The committed example pictures are those that the tool draws."""

import numpy as np

from benchmarks.tiny_project import ROOT
from netchu.pages.image_files import PageFile, open_page
from tools import make_examples


def test_draws_committed_examples(tmp_path, monkeypatch):
    examples = sorted((ROOT / make_examples.FOLDER).iterdir())
    assert sum(example.stat().st_size for example in examples) < 300_000
    monkeypatch.setattr(make_examples, "FOLDER", tmp_path)
    make_examples.main()
    assert [example.name for example in examples] == sorted(path.name for path in tmp_path.iterdir())
    for example in examples:
        committed, drawn = (open_page(PageFile(path)).astype(int) for path in (example, tmp_path / example.name))
        assert committed.shape == drawn.shape
        # Processors round differently.
        assert np.abs(committed - drawn).mean() < 1
