"""Fixtures for tests of the web page in a real browser: Debian's Chromium, controlled by Playwright."""

import contextlib
import functools
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from app import serving
from benchmarks.tiny_project import ENVIRONMENT
from tests.app.runs import add_runs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 300_000
"""Milliseconds that the page may take for a step: many times what a slow and busy machine needs."""

APP, IDLE = "[data-testid=stApp]", "[data-test-script-state=notRunning]"
"""Selectors of the page, and of the state in which its script does not run."""

serve = functools.partial(serving.serve, environment=ENVIRONMENT)
"""Serve the web page of a copy of this project, and yield its address."""


class ServedProject(NamedTuple):
    """A project with several runs, whose web page is served."""

    address: str
    project: Path
    rows: list[dict]  # of the workspace's predictions


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: sudo apt install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)


@pytest.fixture
def page(browser):
    """A fresh browser page of 1280 x 900 pixels."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    # A click can be lost while the page's script runs: before each, wait until nothing matches this.
    page.add_locator_handler(page.locator(f"{APP}:not({IDLE})"), lambda: None)
    yield page
    context.close()


@pytest.fixture(scope="session")
def served(browser, finished, tmp_path_factory):
    """Requests `browser` so that the runs are not made without one."""
    project = shutil.copytree(finished, tmp_path_factory.mktemp("served") / "netchu")
    rows = add_runs(project)
    with serve(project) as address:
        yield ServedProject(address, project, rows)


def choose(page, label: str, option: str) -> None:
    """Choose an option of a list on the page."""
    from playwright.sync_api import TimeoutError

    combobox = page.get_by_role("combobox", name=label)
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline:
        # By key, and repeatedly: a page that is still being drawn may scroll, which closes the list.
        wait_until_idle(page)
        combobox.press("ArrowDown")
        with contextlib.suppress(TimeoutError):
            page.get_by_role("option", name=option, exact=True).click(timeout=10_000)
            return
        combobox.press("Escape")
    raise AssertionError(f"{option!r} does not appear under {label!r}")


def wait_until_idle(page) -> None:
    """Wait until the script of the page has run, as clicks do by themselves, but not keys."""
    page.locator(f"{APP}{IDLE}").wait_for()


def wait_for_count(locator, count: int) -> None:
    """Wait until the page has exactly `count` such elements."""
    from playwright.sync_api import expect

    expect(locator).to_have_count(count, timeout=PATIENCE)


def wait_for_focus(locator) -> None:
    """Wait until an element has the focus."""
    from playwright.sync_api import expect

    expect(locator).to_be_focused(timeout=PATIENCE)


def wait_until_in_window(locator) -> None:
    """Wait until the window shows an element, up to fractions of a pixel."""
    from playwright.sync_api import expect

    expect(locator).to_be_in_viewport(ratio=0.95, timeout=PATIENCE)


def fits(page) -> bool:
    """Return whether the page fits into the width of the window."""
    return page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .every(element => element.scrollWidth <= element.clientWidth)"""
    )
