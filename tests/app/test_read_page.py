import csv
import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import psutil
import pypdfium2
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks.tiny_project import ROOT
from netchu.core.errors import NetchuError
from netchu.pages.recognizer import Recognizer
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching.correction_archive import export_zip
from netchu.teaching.corrections import read_corrections
from tests.app.conftest import (
    PATIENCE,
    choose,
    fits,
    serve,
    wait_for_count,
    wait_for_focus,
    wait_until_idle,
    wait_until_in_window,
)

EXAMPLES = ROOT / "app" / "examples"


@pytest.fixture(scope="module")
def address(recognizer, browser):
    # The page writes nothing on its own, so it can serve the working tree.
    with serve(ROOT) as address:
        yield address


def open_example(page, address: str, name: str = "A tilted page", lines: int = 6) -> None:
    page.goto(address)
    page.get_by_role("radio", name=name).click()
    find_field(page, lines).wait_for()


def find_field(page, number: int):
    return page.get_by_role("textbox", name=f"Line {number}, corrected")


def find_line(page, number: int, name: str = "Line"):
    """Find the button of a line in the picture."""
    return page.get_by_role("button", name=f"{name} {number}: ")


def find_number(page, number: int):
    return page.get_by_role("button", name=f"Show line {number} in the picture", exact=True)


def correct_line(page, number: int, text: str) -> None:
    find_field(page, number).fill(text)
    find_text(page).get_by_text(text, exact=False).wait_for()


def find_text(page):
    """Find the text to copy."""
    return page.get_by_test_id("stCode")


def download(page, label: str) -> str:
    return download_file(page, label).read_text(encoding="utf-8-sig")


def download_file(page, label: str) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name=label).click()
    return Path(started.value.path())


def test_reads_corrects_downloads_and_saves_a_page(page, address, recognizer, tmp_path):
    picture = EXAMPLES / "page.jpg"
    lines = recognizer.read(picture).text.split("\n")
    page.goto(address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(picture)
    find_field(page, len(lines)).wait_for()
    assert [find_field(page, number).input_value() for number in range(1, 7)] == lines
    assert find_text(page).inner_text().strip().split("\n") == lines

    # A text that the reader cannot have read.
    correct_line(page, 1, "Số 95 Quang Trung, P. 4")
    lines[0] = "Số 95 Quang Trung, P. 4"
    assert download(page, "TXT").rstrip().split("\n") == lines
    rows = list(csv.DictReader(io.StringIO(download(page, "CSV"))))
    assert [row["text"] for row in rows] == lines and {row["path"] for row in rows} == {"page.jpg"}
    alto = ElementTree.fromstring(download(page, "ALTO XML"))
    words = [element.get("CONTENT") for element in alto.iter("{http://www.loc.gov/standards/alto/ns-v4#}String")]
    assert words == " ".join(lines).split()
    with pypdfium2.PdfDocument(download_file(page, "PDF")) as document:
        assert document[0].get_textpage().get_text_range().split("\r\n") == lines

    folder = tmp_path / "lines"
    page.get_by_text("Save corrections").click()
    page.get_by_role("textbox", name="Folder").fill(str(folder))
    page.get_by_role("textbox", name="Folder").press("Enter")
    wait_until_idle(page)
    assert not folder.exists()
    page.get_by_role("button", name="Save 1 line").click()
    page.get_by_text("Saved: 1 new").wait_for()
    with zipfile.ZipFile(io.BytesIO(export_zip(folder))) as archive:
        (image,) = (name for name in archive.namelist() if name.endswith(".png"))
        (table,) = (name for name in archive.namelist() if name.endswith(".csv"))
        (row,) = csv.DictReader(io.StringIO(archive.read(table).decode("utf-8-sig")))
        saved = cv2.imdecode(np.frombuffer(archive.read(image), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert row["text"] == lines[0]
    # The picture shows only this line, which is read as on the page.
    assert recognizer.read(saved, "line").text == recognizer.read(picture).lines[0].text


def test_downloads_text_as_shown_while_typing(page, address):
    open_example(page, address)
    for text in ("Số 1 Lê Lợi, Quận 1", "Số 2 Lê Lợi, Quận 2"):
        find_field(page, 1).select_text()
        find_field(page, 1).press_sequentially(text, delay=20)
        find_text(page).get_by_text(text, exact=False).wait_for()
        assert download(page, "TXT").split("\n")[0] == text


def test_saves_corrections_of_all_pages(page, address, tmp_path):
    page.goto(address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [EXAMPLES / "page.jpg", EXAMPLES / "line.jpg", EXAMPLES / "ruled.jpg"]
    )
    find_field(page, 6).wait_for()
    correct_line(page, 2, "Số 1 Lê Lợi, Quận 1")
    choose(page, "Page", "3 · ruled.jpg")
    find_field(page, 6).wait_for(state="detached")
    correct_line(page, 1, "Số 2 Lê Lợi, Quận 2")
    page.get_by_text("Save corrections").click()
    page.get_by_role("textbox", name="Folder").fill(str(tmp_path / "lines"))
    page.get_by_role("textbox", name="Folder").press("Enter")
    wait_until_idle(page)
    page.get_by_role("button", name="Save 2 lines").click()
    page.get_by_text("Saved: 2 new").wait_for()
    saved = {line.text for line in read_corrections(tmp_path / "lines")}
    assert saved == {"Số 1 Lê Lợi, Quận 1", "Số 2 Lê Lợi, Quận 2"}
    # Without the second page, which was not shown.
    page.get_by_text("Also save unchanged lines").click()
    page.get_by_role("button", name="Save 11 lines").click()
    page.get_by_text("Saved: 9 new, 2 replaced").wait_for()


def test_saves_the_other_lines_where_one_cannot_be_saved(page, address, tmp_path):
    page.goto(address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(EXAMPLES / "page.jpg")
    find_field(page, 6).wait_for()
    correct_line(page, 1, "“Số 1” – Láng")
    correct_line(page, 2, "5 €")
    correct_line(page, 3, "Số 3 Láng")
    page.get_by_text("Save corrections").click()
    page.get_by_role("textbox", name="Folder").fill(str(tmp_path / "lines"))
    page.get_by_role("textbox", name="Folder").press("Enter")
    wait_until_idle(page)
    page.get_by_role("button", name="Save 3 lines").click()
    page.get_by_text("Saved: 2 new, typographic signs replaced in 1").wait_for()
    page.get_by_text("Not saved: line 2: '5 €': the reader does not know €; replace or remove it").wait_for()
    assert [line.text for line in read_corrections(tmp_path / "lines")] == ['"Số 1" - Láng', "Số 3 Láng"]


def test_keeps_the_pictures_of_three_people_apart(browser, recognizer, tmp_path):
    """Each uploads 20 files with the same names at once. The server's memory stays below 1 GB."""
    people = [draw_uploads(person, tmp_path / f"person-{person}") for person in range(3)]
    contexts = [browser.new_context(accept_downloads=True) for _ in people]
    with serve(ROOT) as address:
        pages = [context.new_page() for context in contexts]
        for page, paths in zip(pages, people, strict=True):
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(paths)
        for page, paths in zip(pages, people, strict=True):
            wait_until_idle(page)
            rows = list(csv.DictReader(io.StringIO(download(page, "CSV"))))
            read = [(row["path"], row["text"]) for row in rows]
            assert read == [(path.name, text) for path in paths for text in recognizer.read(path).text.split("\n")]
        (server,) = [process for process in psutil.Process().children() if address[-5:] in process.cmdline()]
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())[1]
    assert int(peak) < 1_000_000
    for context in contexts:
        context.close()


def draw_uploads(person: int, folder: Path) -> list[Path]:
    """Write 19 pictures of a line and a photograph of 12 megapixels; return their paths."""
    folder.mkdir()
    rng = np.random.default_rng((7, person))
    lines = [draw_line(f"Số {rng.integers(1, 999)} Trần Phú", sample_writer(rng), rng) for _ in range(20)]
    photograph = np.full((3000, 4000, 3), 200, np.uint8)
    photograph[1400 : 1400 + len(lines[-1]), 1000 : 1000 + lines[-1].shape[1]] = lines[-1]
    paths = [folder / f"{number:02}.png" for number in range(20)]
    for path, picture in zip(paths, [*lines[:-1], photograph], strict=True):
        Image.fromarray(picture).save(path)
    return paths


def test_names_unreadable_pictures_and_reads_the_others(page, address, tmp_path):
    (tmp_path / "torn_*page*.png").write_bytes((EXAMPLES / "line.jpg").read_bytes()[:900])
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7\nnot a document")
    Image.new("1", (20_000, 11_000)).save(tmp_path / "huge.png")
    (tmp_path / "blank.png").write_bytes(cv2.imencode(".png", np.full((300, 400), 240, np.uint8))[1].tobytes())
    page.goto(address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(sorted(tmp_path.iterdir()))
    page.get_by_text("letter.pdf cannot be read: damaged PDF").wait_for()
    page.get_by_text("torn_*page*.png cannot be read: damaged image").wait_for()
    page.get_by_text("huge.png cannot be read: 20000 x 11000 pixels, more than 200 million").wait_for()
    page.get_by_text("No handwriting found in this picture").wait_for()
    page.get_by_role("radio", name="A line").click()
    choose(page, "Page", "2 · line.jpg")
    find_field(page, 1).wait_for()
    assert "Traceback" not in page.inner_text("body")
    assert page.get_by_test_id("stException").count() == 0


def test_reads_pasted_picture(page, address):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address)
    page.get_by_test_id("stFileUploaderDropzone").wait_for()
    page.wait_for_function("() => window.netchuPastes")
    png = cv2.imencode(".png", cv2.imread(str(EXAMPLES / "line.jpg")))[1].tobytes()
    page.evaluate(
        "data => navigator.clipboard.write([new ClipboardItem("
        "{'image/png': new Blob([new Uint8Array(data)], {type: 'image/png'})})])",
        list(png),
    )
    page.locator("h1").click()
    page.keyboard.press("Control+V")
    find_field(page, 1).wait_for()
    assert page.get_by_role("combobox", name="Page").count() == 0, "pasted twice"


def test_shows_alternatives_and_preparation_steps(page, address):
    open_example(page, address)
    uncertain = page.locator(".reading mark").first
    assert "%" in uncertain.get_attribute("data-others")
    content = "element => getComputedStyle(element, '::after').content"
    assert uncertain.evaluate(content) == "none"
    uncertain.hover()
    assert "%" in uncertain.evaluate(content)
    assert page.get_by_text("The network's input").count() == 0
    page.get_by_text("How a line is prepared").click()
    page.get_by_text("The network's input").wait_for()


@pytest.mark.parametrize("language", ["en", "vi"])
def test_fits_a_phone(page, address, language):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/?lang={language}")
    page.get_by_role("radio", name={"en": "A tilted page", "vi": "Trang nghiêng"}[language]).click()
    line = {"en": "Line", "vi": "Dòng"}[language]
    field = page.get_by_role("textbox", name=f"{line} 6")
    field.wait_for()
    assert fits(page)
    find_line(page, 6, line).click()
    wait_for_focus(field)
    wait_until_in_window(field)
    page.get_by_role("button", name={"en": "Show line 1 in", "vi": "Xem dòng 1 trong"}[language]).click()
    wait_until_in_window(find_line(page, 1, line))
    assert fits(page)


def test_opens_field_of_clicked_line(page, address, recognizer):
    open_example(page, address)
    read = recognizer.read(EXAMPLES / "page.jpg")
    picture = page.get_by_alt_text("The picture with numbered lines")
    for number in (5, 2):
        left, top, right, bottom = read.lines[number - 1].box
        shown = picture.bounding_box()
        factor = shown["width"] / read.width
        wait_until_idle(page)
        page.mouse.click(shown["x"] + (left + right) / 2 * factor, shown["y"] + (top + bottom) / 2 * factor)
        wait_for_focus(find_field(page, number))
        assert find_line(page, number).get_attribute("aria-current") == "true"
        wait_for_count(page.locator("polygon[aria-current=true]"), 1)


def test_moves_between_picture_and_fields_with_keys(page, address, recognizer):
    open_example(page, address)
    text = recognizer.read(EXAMPLES / "page.jpg").lines[4].text
    find_line(page, 4).focus()
    page.keyboard.press("Tab")
    wait_for_focus(page.get_by_role("button", name=f"Line 5: {text}", exact=True))
    page.keyboard.press("Enter")
    wait_for_focus(find_field(page, 5))
    page.keyboard.press("Shift+Tab")  # the reader has no doubtful letters in this line
    wait_for_focus(find_number(page, 5))
    page.keyboard.press("Enter")
    wait_for_focus(find_line(page, 5))
    page.keyboard.press("Space")
    wait_for_focus(find_field(page, 5))


def test_keeps_corrections_when_lines_are_clicked(page, address):
    open_example(page, address)
    texts = {1: "Số 1 Lê Lợi, Quận 1", 6: "Số 6 Lê Lợi, Quận 1", 3: "Số 3 Lê Lợi, Quận 1"}
    for number, text in texts.items():
        find_line(page, number).click()
        wait_for_focus(find_field(page, number))
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    find_line(page, 1).click()
    page.get_by_role("button", name=f"Line 3: {texts[3]}", exact=True).wait_for()
    shown = find_text(page).inner_text().strip().split("\n")
    for number, text in texts.items():
        assert find_field(page, number).input_value() == shown[number - 1] == text


def test_keeps_line_of_field_in_window(page, address):
    """The picture stays beside the text, although both are higher than the window."""
    page.set_viewport_size({"width": 1280, "height": 250})
    open_example(page, address)
    for number in (6, 1):
        find_field(page, number).click()
        wait_until_in_window(find_line(page, number))
        wait_until_in_window(find_field(page, number))


def test_opens_fields_of_shown_page(page, address):
    page.goto(address)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([EXAMPLES / "page.jpg", EXAMPLES / "ruled.jpg"])
    find_line(page, 6).wait_for()
    choose(page, "Page", "2 · ruled.jpg")
    find_line(page, 6).wait_for(state="detached")
    find_line(page, 4).click()
    wait_for_focus(find_field(page, 4))


def test_keeps_corrections_when_language_changes(page, address):
    open_example(page, address, "A line", 1)
    correct_line(page, 1, "Số 20-22 Chí Thị Xuân, Q. 1")
    page.get_by_text("Tiếng Việt").click()
    page.get_by_role("heading", name="Đọc").wait_for()
    changed = page.get_by_role("textbox", name="Dòng 1, đã sửa")
    changed.wait_for()
    assert changed.input_value() == "Số 20-22 Chí Thị Xuân, Q. 1"
    page.get_by_role("link", name="Dạy").click()
    page.get_by_role("heading", name="Dạy").first.wait_for()
    page.get_by_role("link", name="Đọc", exact=True).click()
    changed.wait_for()
    assert changed.input_value() == "Số 20-22 Chí Thị Xuân, Q. 1"


def test_reports_missing_model(monkeypatch):
    def fail():
        raise NetchuError("no model in models/reader; run `dvc repro decoder`")

    monkeypatch.setattr("app.reading.find_default_reader", fail)
    shown = AppTest.from_string("from app import read_page; read_page.show_read_page()", default_timeout=600).run()
    (warning,) = shown.warning
    assert "no model" in warning.value and "dvc repro decoder" in warning.value
    assert not shown.exception


def test_reads_again_with_words_of_the_user(page, address, recognizer):
    """The network hesitates over one letter of line 4, and the user's words decide."""
    open_example(page, address)
    before = find_field(page, 4).input_value()
    words = ["Jade Pork", "Khuê"]
    after = Recognizer.load(words=words).read(EXAMPLES / "page.jpg").lines[3].text
    assert before.startswith("Jade Park") and after.startswith("Jade Pork")
    box = page.get_by_role("textbox", name="Your own words")
    box.fill("\n".join(words))
    box.press("Control+Enter")
    find_text(page).get_by_text(after, exact=False).wait_for()
    assert find_field(page, 4).input_value() == after
    page.get_by_text("Language model", exact=True).click()
    box.wait_for(state="detached")
