"""The example pictures are those that the script draws."""

import numpy as np

from app import make_examples
from netchu.pages.image_files import PageFile, open_page


def test_the_examples_are_made_by_the_script(tmp_path, monkeypatch):
    examples = sorted(make_examples.FOLDER.iterdir())
    assert sum(example.stat().st_size for example in examples) < 300_000
    monkeypatch.setattr(make_examples, "FOLDER", tmp_path)
    make_examples.main()
    assert [example.name for example in examples] == sorted(path.name for path in tmp_path.iterdir())
    for example in examples:
        here, there = (open_page(PageFile(path)).astype(int) for path in (example, tmp_path / example.name))
        assert here.shape == there.shape
        # Not to the bit: processors round differently.
        assert np.abs(here - there).mean() < 1
