"""Benchmarks write drawn lines in their colours."""

import numpy as np
import pytest

from benchmarks import new_writer, reading
from netchu.pictures.images import decode_image

BLUE = np.full((reading.HEIGHT, 300, 3), (30, 50, 180), np.uint8)


@pytest.mark.parametrize(
    "module, draw",
    [(new_writer, lambda folder: new_writer.draw_lines(1, folder)), (reading, reading.draw_lines)],
    ids=["new_writer", "reading"],
)
def test_keeps_blue_ink_blue(module, draw, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "draw_line", lambda *_: BLUE)
    draw(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) >= 2 * new_writer.LINES
    assert all(np.array_equal(decode_image(file.read_bytes()), BLUE) for file in files)


def test_splits_drawn_lines_for_training_validation_and_test():
    subsets = [new_writer.choose_subset(number) for number in range(2 * new_writer.LINES)]
    assert [subsets.count(name) for name in ("train", "validation", "test")] == [45, 5, 50]
