"""The benchmark with many lines: its archive passes the checks, and its table shows what each line adds."""

import json

import numpy as np
import pytest

from benchmarks import million_lines
from benchmarks.million_lines import LINES_OF_WRITER, OUTPUTS, write_archive
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


@pytest.fixture
def fake_dvc(monkeypatch):
    """Replace DVC by outputs of 2 MB, and logs of a second, 100 MiB and another MiB for every 64 lines."""

    def run(folder, command, *_):
        if command == "repro" and not (folder / ".netchu").exists():
            (folder / ".netchu").mkdir()
            lines = (folder.parent / "lines.zip").stat().st_size
            facts = {"seconds": 1.0, "processor_seconds": 0.5, "peak_memory_mb": 100 + lines // 64}
            log = "".join(json.dumps({"stage": stage} | facts) + "\n" for stage in OUTPUTS)
            (folder / ".netchu" / "runs.jsonl").write_text(log)
            for output in OUTPUTS.values():
                (folder / output).parent.mkdir(parents=True, exist_ok=True)
                (folder / output).write_bytes(bytes(2 * 10**6))
        return 7.0, 3.0

    monkeypatch.setattr(million_lines, "draw_lines", list)
    monkeypatch.setattr(million_lines, "write_archive", lambda path, count, _: path.write_bytes(bytes(count)))
    monkeypatch.setattr(million_lines, "run_dvc", run)


def test_shows_times_and_additional_memory(fake_dvc, tmp_path):
    rows = list(million_lines.measure([640, 1280], tmp_path))
    assert rows[0] == ["download", "640", "1.0", "640", "0.5", "110", "", "2.0"]
    assert rows[4] == ["dvc repro split, without the stages", "640", "3.0", "213", "1.0", "", "", ""]
    assert rows[8] == ["clean", "1,280", "1.0", "1280", "0.5", "120", "16384", "2.0"]
    assert [row[0] for row in rows[5:7]] == ["dvc status", "dvc repro, no change"]
