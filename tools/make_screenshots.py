"""Take the pictures of the web page in docs/: `python -m tools.make_screenshots`, half a minute.

Needs Chromium and a finished `dvc repro`. If there is an experiment named greedy, the page "Experiments" compares it
with the workspace.
"""

import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from app.serving import serve
from netchu.synthetic.addresses import address_line
from netchu.synthetic.handwriting import draw_line, sample_writer
from netchu.teaching.corrections import save_lines

DOCS = Path("docs")

_CORRECTED_LINES = Path(".netchu/my-lines")


def main() -> None:
    with serve(Path(), os.environ) as address, sync_playwright() as driver:
        shutil.rmtree(_CORRECTED_LINES, ignore_errors=True)
        _save_corrected_lines(_CORRECTED_LINES)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.goto(address)
        page.get_by_role("radio", name="A tilted page").click()
        page.get_by_role("button", name="Line 4: ").click()
        _take_picture(page, "read")
        page.set_viewport_size({"width": 1280, "height": 1100})
        page.get_by_role("link", name="Review").click()
        page.get_by_role("textbox", name="Folder of pictures").fill("app/examples")
        page.keyboard.press("Enter")
        page.get_by_role("textbox", name="Read as").wait_for()
        _take_picture(page, "review")
        page.set_viewport_size({"width": 1280, "height": 1200})
        page.get_by_role("link", name="Teach").click()
        page.get_by_role("textbox", name="Folder of your lines").fill(str(_CORRECTED_LINES))
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Train on").wait_for()
        _take_picture(page, "teach")
        page.set_viewport_size({"width": 1280, "height": 2000})
        page.goto(f"{address}/experiments?a=greedy")
        page.get_by_role("heading", name="Experiments").wait_for()
        _take_picture(page, "experiments")
        page.goto(f"{address}/errors")
        page.get_by_role("heading", name="Errors").wait_for()
        _take_picture(page, "errors")


def _save_corrected_lines(folder: Path) -> None:
    """Save 44 lines in one handwriting, as a user has after some corrections."""
    rng = np.random.default_rng(3)
    writer = sample_writer(rng)
    texts = [address_line(rng, 40) for _ in range(44)]
    save_lines(folder, [(draw_line(text, writer, rng), text) for text in texts], "")


def _take_picture(page: Page, name: str) -> None:
    """Save a picture of the page once it has stopped changing, with 256 colours to keep the file small."""
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.wait_for_timeout(1000)
    page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
    page.wait_for_timeout(1000)
    path = DOCS / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
