from tests.app.conftest import PATIENCE, choose, fits, wait_for_count
from tests.app.runs import HOSTILE, PREDICTIONS


def wait_for_result(page, text: str) -> None:
    """Wait until the page shows this number of lines, and its script has ended."""
    page.get_by_text(text, exact=True).wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def test_shows_worst_lines_first(served, page):
    from playwright.sync_api import expect

    rows = served.rows
    page.goto(f"{served.address}/errors?run=planted")
    wait_for_result(page, "5 of 12 lines")
    lines = page.locator(".line")
    wait_for_count(lines, 5)
    assert rows[11]["id"] in lines.first.inner_text()
    # The content of a file is never HTML or Markdown.
    assert lines.first.locator(".text").nth(1).inner_text().replace("\n", "") == HOSTILE
    assert lines.locator("img").count() == 5
    expect(lines.first.locator("img")).to_have_js_property("naturalHeight", 16, timeout=PATIENCE)
    for number in range(1, 5):
        marks = lines.nth(number).locator("mark")
        assert marks.count() == 2 and marks.first.get_attribute("title") == "tones"
    metrics = page.get_by_test_id("stMetric")
    wait_for_count(metrics, 4)  # the page shows them one by one
    assert metrics.nth(0).inner_text().endswith("12") and metrics.nth(1).inner_text().endswith("5")
    page.get_by_test_id("stVegaLiteChart").wait_for()
    assert fits(page)

    page.get_by_text("Only lines with errors").click()
    wait_for_result(page, "12 of 12 lines")
    search = page.get_by_label("Search text or id")
    search.fill(rows[0]["reference"].upper())
    search.press("Enter")
    wait_for_result(page, "1 of 12 lines")
    assert rows[0]["reference"] in lines.inner_text() and lines.locator("mark").count() == 0
    search.fill("no such text")
    search.press("Enter")
    page.get_by_text("No line matches.").wait_for()
    search.fill("")
    search.press("Enter")
    wait_for_result(page, "12 of 12 lines")

    choose(page, "Writer", rows[11]["writer"])
    rows_of_writer = [row for row in rows if row["writer"] == rows[11]["writer"]]
    wait_for_result(page, f"{len(rows_of_writer)} of 12 lines")
    assert page.get_by_test_id("stException").count() == 0


def test_filters_by_kind_in_vietnamese_on_a_phone(served, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.address}/errors?run=planted&lang=vi")
    wait_for_result(page, "5 trong 12 dòng")
    page.get_by_role("button", name="dấu câu").click()  # only in HOSTILE
    wait_for_result(page, "1 trong 12 dòng")
    assert HOSTILE[:4] in page.locator(".line").inner_text()
    assert fits(page)


def test_shows_lines_with_and_without_images(served, page):
    page.goto(f"{served.address}/errors?run=other")
    wait_for_result(page, "48 of 48 lines")
    page.get_by_text("A line without an image is not in the workspace").wait_for()
    lines = page.locator(".line")
    wait_for_count(lines, 20)
    first = lines.first.inner_text()
    page.get_by_role("button", name="Page 3").click()
    wait_for_count(lines, 8)
    assert lines.first.inner_text() != first
    assert page.locator(".line img").count() == 0
    choose(page, "Run", "workspace")
    wait_for_result(page, "12 of 12 lines")
    wait_for_count(lines.locator("img"), 12)
    assert lines.count() == 12


def test_reports_damaged_file(served, page):
    file = served.project / PREDICTIONS
    content = file.read_bytes()
    file.write_text("a,b\n")
    page.goto(f"{served.address}/errors")
    page.get_by_text("metrics/predictions.csv of workspace: the column id is missing").wait_for()
    # Another run can still be chosen, and the file is read again after it is fixed.
    choose(page, "Run", "planted")
    wait_for_result(page, "5 of 12 lines")
    file.write_bytes(content)
    choose(page, "Run", "workspace")
    wait_for_result(page, "12 of 12 lines")
