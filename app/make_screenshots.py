"""The pictures of the web page in docs/: `python -m app.make_screenshots`, after `dvc repro`, with Chromium installed.

Where there is an experiment named greedy, it is compared with the workspace.
"""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from app.serving import serve
from netchu.pages.recognizer import Recognizer
from netchu.teaching.corrections import save_lines

_EXAMPLES = Path(__file__).parent / "examples"

DOCS = Path("docs")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(dir=".", prefix="lines-") as folder,
        serve(Path(), os.environ) as address,
        sync_playwright() as driver,
    ):
        _collect_lines(Path(folder))
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(address)
        page.get_by_role("radio", name="A tilted page").click()
        page.get_by_text("How sure the network is").wait_for()
        _take(page, "read")
        page.get_by_role("link", name="Teach").click()
        page.get_by_role("textbox", name="Folder of your lines").fill(folder)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Teach ").wait_for()
        _take(page, "teach")
        page.goto(f"{address}/experiments?a=greedy")
        page.get_by_role("heading", name="Experiments").wait_for()
        _take(page, "experiments")
        page.goto(f"{address}/errors")
        page.get_by_role("heading", name="Errors").wait_for()
        _take(page, "errors")


def _collect_lines(folder: Path) -> None:
    """Corrected lines as a person has them after a while."""
    recognizer = Recognizer.load()
    for name in ("page", "ruled"):
        picture = np.array(Image.open(_EXAMPLES / f"{name}.jpg"))
        for turn in range(4):
            cropped = np.ascontiguousarray(picture[turn * 2 :])
            page = recognizer.read(cropped, "page")
            cut = recognizer.line_pictures(cropped, page, "page")
            save_lines(folder, [(image, line.text) for image, line in zip(cut, page.lines, strict=True)], "you")


def _take(page: Page, name: str) -> None:
    """What is to be seen when nothing moves any more, in few colours: such pictures stay small."""
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.wait_for_timeout(1500)
    path = DOCS / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()
