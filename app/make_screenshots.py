"""The pictures of the web page in docs/: `python -m app.make_screenshots`, after `dvc repro`, with Chromium installed.

Where there is an experiment named greedy, it is compared with the workspace.
"""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from netchu.pages.recognizer import Recognizer
from netchu.teaching.corrections import save_lines

_EXAMPLES = Path(__file__).parent / "examples"

DOCS = Path("docs")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(dir=".", prefix="lines-") as folder,
        _served() as address,
        sync_playwright() as driver,
    ):
        _collect_lines(Path(folder))
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(address)
        page.get_by_role("button", name="A tilted page").click()
        page.get_by_text("How sure the network is").wait_for()
        _take(page, "read")
        page.get_by_role("link", name="Teach").click()
        page.get_by_label("Folder of your lines").fill(folder)
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
            wider = picture if turn == 0 else np.ascontiguousarray(picture[turn * 2 :])
            page = recognizer.read(wider, "page")
            cut = recognizer.line_pictures(wider, page, "page")
            save_lines(folder, [(image, line.text) for image, line in zip(cut, page.lines, strict=True)], "you")


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """The address of the web page of this project."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        while server.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health"):
                break
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def _take(page: Page, name: str) -> None:
    """What is to be seen when nothing moves any more, in few colours: such pictures stay small."""
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.wait_for_timeout(1500)
    path = DOCS / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()
