"""The page Teach in a browser: lines are listed, mended, exported and imported, and teach a model."""

import csv
import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from netchu.core.errors import NetchuError
from netchu.evaluation.metrics import error_rates
from netchu.experiments.revisions import find_revision, read_file
from netchu.pages.recognizer import Recognizer, default_model
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching import adoption, fine_tuning
from netchu.teaching.correction_table import Correction
from netchu.teaching.corrections import read_corrections, save_lines
from netchu.teaching.run_state import FineTuning, read_current_run
from tests.app.conftest import serve
from tests.workspace import commit, copy_project, run

MINUTES = 60_000
"""Milliseconds in one."""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of this project that teaches for a moment only."""
    folder = copy_project(tmp_path_factory.mktemp("project") / "netchu")
    module = folder / "netchu/teaching/fine_tuning.py"
    text = module.read_text(encoding="utf-8")
    shorter = text.replace('"train.epochs": 40', '"train.epochs": 2').replace('_size": 4', '_size": 16')
    assert shorter != text
    module.write_text(shorter, encoding="utf-8")
    commit(folder, "quick")
    return folder


@pytest.fixture(scope="module")
def address(project):
    with serve(project) as address:
        yield address


@pytest.fixture(scope="module")
def drawn() -> list[tuple[np.ndarray, str]]:
    """24 lines of one hand."""
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = [address_line(rng, 20) for _ in range(24)]
    return [(draw_line(text, writer, rng), text) for text in texts]


def texts(folder: Path) -> list[str]:
    return [line.text for line in read_corrections(folder)]


def show(page, address: str, folder: Path, language: str = "en") -> None:
    page.goto(f"{address}/teach?lang={language}")
    field = page.get_by_role("textbox", name={"en": "Folder of your lines", "vi": "Thư mục chứa"}[language])
    field.fill(str(folder))
    field.press("Enter")


def button(page, name: str):
    return page.get_by_role("button", name=name)


def fields(page):
    return page.get_by_role("textbox", name="Text", exact=True)


def pictures(page, count: int) -> None:
    """Wait until so many lines are shown."""
    page.wait_for_function(f"() => document.querySelectorAll('[data-testid=stImage]').length == {count}")


def test_lines_are_shown_mended_removed_and_exported(address, page, drawn, tmp_path):
    folder = tmp_path / "lines"
    save_lines(folder, drawn[:9], "Lan")
    show(page, address, folder)
    page.get_by_text("Your lines: 9").wait_for()
    page.get_by_text("11 more lines to go").wait_for()
    pictures(page, 8)
    assert fields(page).count() == 8
    assert fields(page).first.input_value() == texts(folder)[-1]

    fields(page).first.fill("  Số  9, Đường Láng ")
    fields(page).first.press("Enter")
    page.wait_for_function("() => [...document.querySelectorAll('input')].some(f => f.value == 'Số 9, Đường Láng')")
    assert texts(folder)[-1] == "Số 9, Đường Láng"

    fields(page).first.fill("5 €")
    fields(page).first.press("Enter")
    page.get_by_text("the reader does not know €").wait_for()
    assert texts(folder)[-1] == "Số 9, Đường Láng" and page.get_by_test_id("stException").count() == 0

    button(page, "Next page").click()
    pictures(page, 1)
    removed = fields(page).first.input_value()
    page.get_by_role("button").filter(has_text="delete").first.click()
    button(page, "Remove this line").wait_for()
    assert removed in texts(folder)
    button(page, "Remove this line").click()
    page.get_by_text("Your lines: 8").wait_for()
    assert removed not in texts(folder) and len(texts(folder)) == 8

    with page.expect_download() as download:
        button(page, "Export as zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("netchu-lines/lines.csv").decode(), newline="")))
        assert {f"netchu-lines/{row['file']}" for row in rows} <= set(archive.namelist())
    assert sorted(row["text"] for row in rows) == sorted(texts(folder)) and {row["writer"] for row in rows} == {"Lan"}

    shutil.copy(download.value.path(), tmp_path / "lines.zip")
    other = tmp_path / "other"
    show(page, address, other)
    page.get_by_text("None yet").wait_for()
    button(page, "Import a zip").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "lines.zip")
    button(page, "Add them").click()
    page.get_by_text("Your lines: 8").wait_for()
    assert sorted(texts(other)) == sorted(texts(folder))


def test_a_wrong_folder_and_a_wrong_zip_show_a_message(address, page, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    show(page, address, tmp_path)
    page.get_by_text("holds other files").wait_for()
    show(page, address, tmp_path / "new")
    page.get_by_text("None yet").wait_for()
    (tmp_path / "broken.zip").write_bytes(b"x")
    button(page, "Import a zip").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "broken.zip")
    button(page, "Add them").click()
    page.get_by_text("not a zip archive").wait_for()
    assert page.get_by_test_id("stException").count() == 0 and not (tmp_path / "new").exists()


def test_runs_that_cannot_be_written_show_a_message(address, page, project, tmp_path):
    runs = project / ".netchu/teaching"
    (runs / "teach-20300101-000000").mkdir(parents=True)
    (runs / "teach-20300101-000000/log.txt").touch()
    (runs / "lock").mkdir()  # which stops root, too
    show(page, address, tmp_path / "lines")
    page.get_by_text("cannot be written (Is a directory)").wait_for()
    page.get_by_text("None yet").wait_for()
    assert page.get_by_test_id("stException").count() == 0
    shutil.rmtree(runs)


def test_one_button_teaches_and_the_model_is_adopted(address, page, drawn, project, tmp_path, monkeypatch):
    """A whole run of the real pipeline: what the page shows, and whether it is true."""
    monkeypatch.chdir(project)
    head = run(project, "git", "rev-parse", "HEAD")
    folder = tmp_path / "lines"
    save_lines(folder, drawn, "Lan")
    show(page, address, folder)
    button(page, "Teach 24 lines").click()
    page.get_by_text("You may leave this page").wait_for()
    page.reload()
    page.get_by_text("You may leave this page").wait_for()
    page.get_by_text(re.compile(r"pass \d of 2, validation CER")).wait_for(timeout=5 * MINUTES)
    button(page, "Adopt the new model").wait_for(timeout=5 * MINUTES)
    done = read_current_run()
    assert done.progress.epoch == done.progress.epochs == 2 and done.progress.cer is not None
    shown = page.get_by_test_id("stMetric").all_inner_texts()
    assert f"{done.result.before:.1f} %" in shown[0] and f"{done.result.after:.1f} %" in shown[1]
    assert page.get_by_text("lines held back").count() > 0
    tested = check_rates(done, folder)

    # Nothing in the workspace has moved.
    assert run(project, "git", "status", "--porcelain") == "" and run(project, "git", "rev-parse", "HEAD") == head
    assert default_model() == Path("models/pretrained")
    with pytest.raises(NetchuError, match="adopt or drop it first"):
        fine_tuning.start(folder)

    button(page, "Adopt the new model").click()
    page.get_by_text("Your own model reads now.").wait_for()
    assert read_current_run() is None and adoption.read_adopted_result() == done.result
    assert default_model() == Path("models/adopted") and run(project, "git", "status", "--porcelain") == ""
    assert cer(Recognizer.load(), folder, tested) == pytest.approx(done.result.after, abs=0.001)
    for name in ("language_model.bin", "reader.json"):  # a few lines teach a hand, but no language
        assert Path("models/adopted", name).read_bytes() == Path("models/pretrained", name).read_bytes()

    button(page, "Go back to the model that ships").click()
    button(page, "Delete my model").click()
    page.get_by_text("Your own model reads now.").wait_for(state="detached")
    assert default_model() == Path("models/pretrained") and adoption.read_adopted_result() is None


def check_rates(done: FineTuning, folder: Path) -> list[Correction]:
    """Compare with the experiment's own metrics and with what the pictures say; the lines that were held back."""
    experiment = find_revision(done.folder.name)
    metrics = json.loads(read_file(experiment, "metrics/metrics.json"))
    assert done.result.after == pytest.approx(metrics["cer"], abs=0.001)
    assert done.result.test_lines == metrics["lines"] == 5 and done.result.training_lines == 19
    rows = read_file(experiment, "metrics/predictions.csv").splitlines()[1:]
    held_back = {row.split(",")[0].rpartition("/")[2] for row in rows}
    tested = [line for line in read_corrections(folder) if line.file in held_back]
    assert len(tested) == 5
    shipped = Recognizer.load("models/pretrained")
    assert done.result.before == pytest.approx(cer(shipped, folder, tested), abs=0.001)
    assert done.result.low <= done.result.after - done.result.before <= done.result.high
    return tested


def cer(recognizer: Recognizer, folder: Path, lines: list[Correction]) -> float:
    readings = [recognizer.read(folder / line.file, "line").text for line in lines]
    return error_rates([line.text for line in lines], readings)["cer"]


@pytest.mark.parametrize("language", ["en", "vi"])
def test_a_phones_width_suffices(address, page, drawn, project, tmp_path, language):
    """And a failed run says so, until it is closed."""
    folder = tmp_path / "lines"
    save_lines(folder, drawn)
    failed = project / ".netchu/teaching/teach-20300101-000000"
    failed.mkdir(parents=True)
    (failed / "log.txt").write_text("split: error: x")
    (failed / "failure.txt").write_text("nothing left for test")
    page.set_viewport_size({"width": 390, "height": 844})
    show(page, address, folder, language)
    page.get_by_text("nothing left for test").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    button(page, {"en": "Close", "vi": "Đóng"}[language]).click()
    button(page, {"en": "Teach 24 lines", "vi": "Dạy 24 dòng"}[language]).wait_for()
    assert not failed.exists()
