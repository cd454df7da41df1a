"""The page "Teach" in a real browser."""

import csv
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.tiny_project import commit, copy_project, run
from netchu.core.errors import NetchuError
from netchu.core.progress_log import progress_path
from netchu.evaluation.metrics import error_rates
from netchu.experiments.revisions import find_revision, read_file
from netchu.pages.recognizer import Recognizer
from netchu.reading.reader_folders import find_default_reader
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching import adoption, fine_tuning
from netchu.teaching.correction_table import Correction
from netchu.teaching.corrections import read_corrections, save_lines
from netchu.teaching.run_state import RUNS, FineTuning, hold_lock, read_current_run
from tests.app.conftest import PATIENCE, serve, wait_for_count
from tests.netchu.teaching.conftest import write_progress

TRAINING_PATIENCE = 6 * PATIENCE
"""Milliseconds that a whole run may take: many times what a slow and busy machine needs."""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of this project that fine-tunes for two epochs."""
    folder = copy_project(tmp_path_factory.mktemp("project") / "Tài liệu d'Arc" / "netchu")
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
    """24 lines of one synthetic writer."""
    rng = np.random.default_rng(5)
    writer = sample_writer(rng)
    texts = [address_line(rng, 20) for _ in range(24)]
    return [(draw_line(text, writer, rng), text) for text in texts]


def read_texts(folder: Path) -> list[str]:
    return [line.text for line in read_corrections(folder)]


def open_page(page, address: str, folder: Path, language: str = "en") -> None:
    page.goto(f"{address}/teach?lang={language}")
    field = page.get_by_role("textbox", name={"en": "Folder of your lines", "vi": "Thư mục chứa"}[language])
    field.fill(str(folder))
    field.press("Enter")


def find_button(page, name: str):
    return page.get_by_role("button", name=name)


def find_fields(page):
    return page.get_by_role("textbox", name="Text", exact=True)


def wait_for_lines(page, count: int) -> None:
    wait_for_count(page.get_by_test_id("stImage"), count)
    wait_for_count(find_fields(page), count)


def wait_for_text(page, text: str) -> None:
    """Wait until the first line's field shows `text`: a field that the page is about to set loses what is typed."""
    page.wait_for_function("text => document.querySelector('input[aria-label=Text]').value == text", arg=text)


def test_shows_changes_removes_and_exports_lines(address, page, drawn, tmp_path):
    folder = tmp_path / "lines"
    save_lines(folder, drawn[:9], "Lan")
    open_page(page, address, folder)
    page.get_by_text("Your lines: 9").wait_for()
    page.get_by_text("11 more to go").wait_for()
    wait_for_lines(page, 8)
    assert find_fields(page).first.input_value() == read_texts(folder)[-1]

    find_fields(page).first.fill("  Số  9, Đường Láng ")
    find_fields(page).first.press("Enter")
    wait_for_text(page, "Số 9, Đường Láng")
    assert read_texts(folder)[-1] == "Số 9, Đường Láng"

    find_fields(page).first.fill("“Số 9” – Láng")
    find_fields(page).first.press("Enter")
    page.get_by_text("Typographic signs replaced in 1 line.").wait_for()
    wait_for_text(page, '"Số 9" - Láng')
    assert read_texts(folder)[-1] == '"Số 9" - Láng'
    find_fields(page).first.fill("Số 9, Đường Láng")
    find_fields(page).first.press("Enter")
    page.get_by_text("Typographic signs replaced").wait_for(state="detached")

    find_fields(page).first.fill("5 €")
    find_fields(page).first.press("Enter")
    page.get_by_text("the reader does not know €").wait_for()
    assert read_texts(folder)[-1] == "Số 9, Đường Láng" and page.get_by_test_id("stException").count() == 0

    find_button(page, "Next page").click()
    wait_for_lines(page, 1)
    removed = find_fields(page).first.input_value()
    page.get_by_role("button").filter(has_text="delete").first.click()
    find_button(page, "Remove this line").wait_for()
    assert removed in read_texts(folder)
    find_button(page, "Remove this line").click()
    page.get_by_text("Your lines: 8").wait_for()
    assert removed not in read_texts(folder) and len(read_texts(folder)) == 8

    with page.expect_download() as download:
        find_button(page, "Export as zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("netchu-lines/lines.csv").decode(), newline="")))
        assert {f"netchu-lines/{row['file']}" for row in rows} <= set(archive.namelist())
    assert sorted(row["text"] for row in rows) == sorted(read_texts(folder)) and {row["writer"] for row in rows} == {
        "Lan"
    }

    shutil.copy(download.value.path(), tmp_path / "lines.zip")
    other = tmp_path / "other"
    open_page(page, address, other)
    page.get_by_text("None yet").wait_for()
    find_button(page, "Import a zip").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "lines.zip")
    find_button(page, "Add them").click()
    page.get_by_text("Your lines: 8").wait_for()
    assert sorted(read_texts(other)) == sorted(read_texts(folder))


def test_reports_unsuitable_folder_and_zip(address, page, tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    open_page(page, address, tmp_path)
    page.get_by_text("holds other files").wait_for()
    open_page(page, address, tmp_path / "new")
    page.get_by_text("None yet").wait_for()
    (tmp_path / "broken.zip").write_bytes(b"x")
    find_button(page, "Import a zip").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(tmp_path / "broken.zip")
    find_button(page, "Add them").click()
    page.get_by_text("not a zip archive").wait_for()
    assert page.get_by_test_id("stException").count() == 0 and not (tmp_path / "new").exists()


def test_reports_runs_that_cannot_be_written(address, page, project, tmp_path):
    runs = project / ".netchu/teaching"
    (runs / "teach-20300101-000000").mkdir(parents=True)
    (runs / "teach-20300101-000000/log.txt").touch()
    (runs / "lock").mkdir()  # which even root cannot open
    open_page(page, address, tmp_path / "lines")
    page.get_by_text("cannot be written (Is a directory)").wait_for()
    page.get_by_text("None yet").wait_for()
    assert page.get_by_test_id("stException").count() == 0
    shutil.rmtree(runs)


def test_shows_progress(address, page, drawn, project, tmp_path, monkeypatch):
    """The test itself holds the lock of a worker, so that the run neither ends nor changes by itself."""
    monkeypatch.chdir(project)
    run_folder = RUNS / "teach-20300101-000000"
    run_folder.mkdir(parents=True)
    (run_folder / "log.txt").touch()
    with hold_lock():
        open_page(page, address, tmp_path / "lines")
        page.get_by_text("Preparing your lines").wait_for()
        write_progress(run_folder, {"stage": "train", "state": "started"})
        page.get_by_text("Starting the training").wait_for()
        epoch = {"stage": "train", "epochs": 40, "validation_cer": 12.34, "minutes_left": 3.2}
        write_progress(run_folder, epoch | {"epoch": 1})
        page.get_by_text("Training: epoch 1 of 40, validation CER 12.3 %", exact=True).wait_for()
        open_page(page, address, tmp_path / "lines")
        page.get_by_text("You may leave this page").wait_for()
        write_progress(run_folder, epoch | {"epoch": 2})
        page.get_by_text("Training: epoch 2 of 40, validation CER 12.3 %, about 3 min left").wait_for()
        write_progress(run_folder, {"stage": "evaluate", "state": "started"})
        page.get_by_text("Reading the test lines").wait_for()
    page.get_by_text("the training was interrupted").wait_for()
    find_button(page, "Close").click()
    page.get_by_text("corrected lines: 20 more to go").wait_for()
    assert not run_folder.exists() and not progress_path(run_folder.name).exists()


def test_fine_tunes_and_adopts_model(address, page, drawn, project, tmp_path, monkeypatch):
    """A whole run of the real pipeline; the figures on the page are compared with independent ones."""
    monkeypatch.chdir(project)
    head = run(project, "git", "rev-parse", "HEAD")
    folder = tmp_path / "lines"
    save_lines(folder, drawn, "Lan")
    open_page(page, address, folder)
    find_button(page, "Train on 24 lines").click()
    find_button(page, "Use the new model").or_(page.get_by_text("Training failed")).wait_for(timeout=TRAINING_PATIENCE)
    assert not read_current_run().failure
    done = read_current_run()
    assert done.progress.epoch == done.progress.epochs == 2 and done.progress.cer is not None
    shown = page.get_by_test_id("stMetric").all_inner_texts()
    assert f"{done.result.before:.1f} %" in shown[0] and f"{done.result.after:.1f} %" in shown[1]
    assert page.get_by_text("test lines").count() > 0
    tested = check_rates(done, folder)

    # The workspace has not changed.
    assert run(project, "git", "status", "--porcelain") == "" and run(project, "git", "rev-parse", "HEAD") == head
    assert find_default_reader() == Path("models/pretrained")
    with pytest.raises(NetchuError, match="use it or discard it first"):
        fine_tuning.start(folder)

    find_button(page, "Use the new model").click()
    page.get_by_text("Your own model is in use.").wait_for()
    assert read_current_run() is None and adoption.read_adopted_result() == done.result
    assert find_default_reader() == Path("models/adopted") and run(project, "git", "status", "--porcelain") == ""
    assert cer(Recognizer.load(), folder, tested) == pytest.approx(done.result.after, abs=0.001)
    for name in ("language_model.bin", "reader.json"):  # the language model is not fine-tuned
        assert Path("models/adopted", name).read_bytes() == Path("models/pretrained", name).read_bytes()

    find_button(page, "Go back to the shipped model").click()
    find_button(page, "Delete my model").click()
    page.get_by_text("Your own model is in use.").wait_for(state="detached")
    assert find_default_reader() == Path("models/pretrained") and adoption.read_adopted_result() is None


def check_rates(done: FineTuning, folder: Path) -> list[Correction]:
    """Compare the result with the metrics of the experiment and with a Recognizer; return the test lines."""
    experiment = find_revision(done.folder.name)
    metrics = json.loads(read_file(experiment, "metrics/metrics.json"))
    assert done.result.after == pytest.approx(metrics["cer"], abs=0.001)
    assert done.result.test_lines == metrics["lines"] == 5 and done.result.training_lines == 19
    rows = read_file(experiment, "metrics/predictions.csv").splitlines()[1:]
    test_files = {row.split(",")[0].rpartition("/")[2] for row in rows}
    tested = [line for line in read_corrections(folder) if line.file in test_files]
    assert len(tested) == 5
    shipped = Recognizer.load("models/pretrained")
    assert done.result.before == pytest.approx(cer(shipped, folder, tested), abs=0.001)
    assert done.result.low <= done.result.after - done.result.before <= done.result.high
    return tested


def cer(recognizer: Recognizer, folder: Path, lines: list[Correction]) -> float:
    readings = [recognizer.read(folder / line.file, "line").text for line in lines]
    return error_rates([line.text for line in lines], readings)["cer"]


@pytest.mark.parametrize("language", ["en", "vi"])
def test_shows_failure_on_a_phone(address, page, drawn, project, tmp_path, language):
    folder = tmp_path / "lines"
    save_lines(folder, drawn)
    failed = project / ".netchu/teaching/teach-20300101-000000"
    failed.mkdir(parents=True)
    (failed / "log.txt").write_text("split: error: x")
    (failed / "failure.txt").write_text("nothing left for test")
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, address, folder, language)
    page.get_by_text("nothing left for test").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    find_button(page, {"en": "Close", "vi": "Đóng"}[language]).click()
    find_button(page, {"en": "Train on 24 lines", "vi": "Huấn luyện trên 24 dòng"}[language]).wait_for()
    assert not failed.exists()
