import re

from benchmarks.tiny_project import copy_project, run
from tests.app.conftest import choose, fits, serve, wait_for_count


def read_table(page, number: int) -> list[list[str]]:
    """Return the cells of a data frame on the page, without its header."""
    frame = page.get_by_test_id("stDataFrame").nth(number)
    frame.locator("tbody tr").first.wait_for(state="attached")
    return [row.locator("td").all_text_contents() for row in frame.locator("tbody tr").all()]


def test_shows_runs_and_compares_two(served, page):
    page.goto(f"{served.address}/experiments")
    page.get_by_role("heading", name="Is B better than A?").wait_for()
    runs = {row[0]: row for row in read_table(page, 0)}
    assert {"workspace", "greedy", "planted", "other"} <= runs.keys()
    assert [runs[name][1] for name in ("workspace", "greedy", "planted")] == ["workspace", "experiment", "branch"]
    assert runs["workspace"][2:9] == runs["greedy"][2:9] and float(runs["greedy"][2]) > 50
    assert re.fullmatch(r"\d+\.\d\d – \d+\.\d\d", runs["greedy"][3])
    differing = read_table(page, 1)
    assert [row[0] for row in differing] == ["evaluate.decoder"]
    assert set(differing[0][1:]) == {"greedy", "beam"}
    for title in ("validation CER, percent", "training loss, nats a line"):
        page.get_by_role("img", name=title).or_(page.get_by_label(title)).first.wait_for()

    choose(page, "Run A", "greedy")
    choose(page, "Run B", "planted")
    page.get_by_role("heading", name="B is better by").wait_for()
    assert ", mostly " in page.get_by_role("heading", name="B is better by").inner_text()
    assert "a=greedy" in page.url and "b=planted" in page.url
    page.get_by_test_id("stDataFrame").nth(2).get_by_text("−58.33").wait_for(state="attached")
    rates = read_table(page, 2)
    assert [row[0] for row in rates] == ["CER %", "WER %", "SER %"]
    assert rates[2][1:4] == ["100.00", "41.67", "−58.33"]
    page.get_by_role("tab", name="Only B reads right (7)").wait_for()
    lines = page.locator(".line:visible")
    wait_for_count(lines, 7)
    assert lines.first.locator("img").count() == 1
    assert lines.first.locator("mark").count() > 0
    page.get_by_role("tab", name="Only A reads right (0)").click()
    page.get_by_text("No line.").wait_for()
    assert fits(page)
    assert page.get_by_test_id("stException").count() == 0


def test_opens_link_to_comparison_on_a_phone(served, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served.address}/experiments?a=planted&b=greedy&lang=vi")
    page.get_by_role("heading", name="A tốt hơn").wait_for()
    page.get_by_role("tab", name="Chỉ A đọc đúng (7)").click()
    assert fits(page)


def test_rejects_runs_with_other_test_lines(served, page):
    page.goto(f"{served.address}/experiments?a=other&b=planted")
    page.get_by_text("These runs cannot be compared.").wait_for()
    message = page.get_by_test_id("stAlert").inner_text()
    assert "have different test lines: 0 in common, 48 only in other (" in message
    choose(page, "Run A", "planted")
    page.get_by_text("Choose two different runs.").wait_for()


def test_reports_project_without_runs(tmp_path, page):
    folder = copy_project(tmp_path / "netchu")
    run(folder, "git", "rm", "-r", "--quiet", "metrics")
    run(folder, "git", "commit", "--quiet", "--amend", "--no-edit")
    with serve(folder) as address:
        for path in ("experiments", "errors"):
            page.goto(f"{address}/{path}")
            page.get_by_text("No run yet.").wait_for()
            assert "dvc repro" in page.get_by_test_id("stAlert").inner_text()
