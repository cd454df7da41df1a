from tests.app.conftest import choose, fits
from tests.app.runs import HOSTILE, PREDICTIONS


def counted(page, text: str) -> None:
    """Wait until the page says how many lines it shows, and has run to its end."""
    page.get_by_text(text, exact=True).wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def test_the_lines_of_a_run_worst_first(served, page):
    rows = served.rows
    page.goto(f"{served.address}/errors?run=planted")
    counted(page, "5 of 12 lines")
    lines = page.locator(".line")
    lines.nth(4).wait_for()
    assert lines.count() == 5
    assert rows[11]["id"] in lines.first.inner_text()
    # What a file says is text, never HTML or Markdown.
    assert lines.first.locator(".text").nth(1).inner_text().replace("\n", "") == HOSTILE
    assert lines.locator("img").count() == 5
    assert lines.first.locator("img").evaluate("image => image.naturalHeight") == 16
    for number in range(1, 5):
        marks = lines.nth(number).locator("mark")
        assert marks.count() == 2 and marks.first.get_attribute("title") == "tones"
    metrics = page.get_by_test_id("stMetric").all_inner_texts()
    assert metrics[0].endswith("12") and metrics[1].endswith("5")
    page.get_by_test_id("stVegaLiteChart").wait_for()
    assert fits(page)

    page.get_by_text("Only lines with errors").click()
    counted(page, "12 of 12 lines")
    search = page.get_by_label("Search text or id")
    search.fill(rows[0]["reference"].upper())
    search.press("Enter")
    counted(page, "1 of 12 lines")
    assert rows[0]["reference"] in lines.inner_text() and lines.locator("mark").count() == 0
    search.fill("no such text")
    search.press("Enter")
    page.get_by_text("No line is like this.").wait_for()
    search.fill("")
    search.press("Enter")
    counted(page, "12 of 12 lines")

    choose(page, "Writer", rows[11]["writer"])
    own = [row for row in rows if row["writer"] == rows[11]["writer"]]
    counted(page, f"{len(own)} of 12 lines")
    assert page.get_by_test_id("stException").count() == 0


def test_a_kind_of_error_is_chosen_in_vietnamese_on_a_phone(served, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.address}/errors?run=planted&lang=vi")
    counted(page, "5 trong 12 dòng")
    page.get_by_role("button", name="dấu câu").click()  # of HOSTILE alone
    counted(page, "1 trong 12 dòng")
    assert HOSTILE[:4] in page.locator(".line").inner_text()
    assert fits(page)


def test_lines_without_images_and_lines_of_the_workspace(served, page):
    page.goto(f"{served.address}/errors?run=other")
    counted(page, "48 of 48 lines")
    page.get_by_text("A line without an image is not in the workspace").wait_for()
    lines = page.locator(".line")
    lines.nth(19).wait_for()
    first = lines.first.inner_text()
    page.get_by_role("button", name="Page 3").click()
    lines.nth(8).wait_for(state="detached")
    assert lines.count() == 8 and lines.first.inner_text() != first
    assert page.locator(".line img").count() == 0
    choose(page, "Run", "workspace")
    counted(page, "12 of 12 lines")
    lines.locator("img").nth(11).wait_for()
    assert lines.count() == 12


def test_a_damaged_file_is_a_message(served, page):
    file = served.project / PREDICTIONS
    sound = file.read_bytes()
    file.write_text("a,b\n")
    page.goto(f"{served.address}/errors")
    page.get_by_text("metrics/predictions.csv of workspace: lacks the column id").wait_for()
    # Another run is still there to be chosen, and the file is read anew once it is mended.
    choose(page, "Run", "planted")
    counted(page, "5 of 12 lines")
    file.write_bytes(sound)
    choose(page, "Run", "workspace")
    counted(page, "12 of 12 lines")
