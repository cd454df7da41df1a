"""The archive of the benchmark with many lines: every line is labelled, and none is a copy of another."""

import numpy as np

from benchmarks.million_lines import LINES_OF_WRITER, write_archive
from netchu.intake.archives import open_archive
from netchu.intake.cleaning import CleanParams, clean_lines
from netchu.pictures.encoding import encode_image


def test_makes_lines_that_pass_the_checks(tmp_path):
    image = np.full((40, 200), 250, np.uint8)
    image[10:30, 20:180:4] = 30
    write_archive(tmp_path / "lines.zip", 2 * LINES_OF_WRITER, [(encode_image(image), "Số 1, Hà Nội")])
    rejected = []
    with open_archive(tmp_path / "lines.zip") as archive:
        params = CleanParams(min_height=16, min_width=16, max_rejected=0)
        rows = list(clean_lines({"lines": archive}, params, rejected))
    assert not rejected
    assert len({row["text"] for row in rows}) == len({row["image"] for row in rows}) == 2 * LINES_OF_WRITER
    assert {row["writer"] for row in rows} == {"lines/writer 0", "lines/writer 1"}
