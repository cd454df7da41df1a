"""The web page in a real browser: Debian's Chromium, driven by Playwright."""

import contextlib
import functools
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from app import serving
from tests.app.runs import add_runs
from tests.workspace import ENVIRONMENT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 60_000
"""Milliseconds that the page may take for a step; a busy machine is slow."""


serve = functools.partial(serving.serve, environment=ENVIRONMENT)
"""The address of the web page of a copy of this project, as long as the context lasts."""


class Served(NamedTuple):
    """The web page of a project with several runs."""

    address: str
    project: Path
    rows: list[dict]  # of the workspace's predictions


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: sudo apt install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def page(browser):
    """A fresh browser page of 1280 x 900 pixels."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def served(browser, finished, tmp_path_factory):
    """Needs the browser, so as not to make the runs without one."""
    project = shutil.copytree(finished, tmp_path_factory.mktemp("served") / "netchu")
    rows = add_runs(project)
    with serve(project) as address:
        yield Served(address, project, rows)


def choose(page, label: str, option: str) -> None:
    """Choose an option of a list on the page."""
    from playwright.sync_api import TimeoutError

    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(60):
        # By key and again, because a page that is still being drawn may scroll, which closes the list.
        page.get_by_role("combobox", name=label).press("ArrowDown")
        with contextlib.suppress(TimeoutError):
            wanted.wait_for(timeout=500)
            wanted.click(timeout=2000)
            return
    raise AssertionError(f"{option!r} does not appear under {label!r}")


def fits(page) -> bool:
    """Whether nothing needs scrolling sideways."""
    return page.evaluate(
        """() => [document.documentElement, document.querySelector("[data-testid=stMain]")]
            .every(element => element.scrollWidth <= element.clientWidth)"""
    )
