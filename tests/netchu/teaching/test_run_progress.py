import pytest

from netchu.core.progress_log import progress_path
from netchu.teaching.run_progress import Progress, read_progress
from tests.netchu.teaching.conftest import write_progress


def test_reads_latest_values(run_folder):
    name = run_folder.name
    # Without the time left: the first epoch includes the start of TensorFlow.
    assert read_progress(name) == Progress("train", 1, 40, 24.0, None)
    write_progress(
        run_folder,
        {"stage": "train", "epoch": 2, "epochs": 40, "loss": 14.2, "validation_cer": 26.0, "minutes_left": 4.0},
    )
    assert read_progress(name) == Progress("train", 2, 40, 26.0, 4.0)
    write_progress(run_folder, {"stage": "decoder", "state": "started"})
    assert read_progress(name).stage == "decoder"
    write_progress(run_folder, {"stage": "decoder", "error": "no space left"})
    assert read_progress(name).error == "no space left"


@pytest.mark.parametrize("damage", ["", "{", "[1]", "5", '{"stage": "eval'])
def test_skips_damaged_lines(run_folder, damage):
    path = progress_path(run_folder.name)
    path.write_text(f"{path.read_text()}{damage}\n")
    assert read_progress(run_folder.name).epoch == 1


def test_reports_nothing_before_first_stage(run_folder):
    assert read_progress("teach-20300101-000001") == Progress("", 0, 0, None, None, "")
