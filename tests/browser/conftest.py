"""A real Chromium on a real server over a real index. Skipped where there is no Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.driver import ARGUMENTS, Watched, served


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium on the PATH: install it with `apt-get install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def address(
    chromium: Browser, index: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with served(index, RAG_DATA=str(tmp_path_factory.mktemp("data"))) as address:
        yield address


@pytest.fixture(scope="package", params=[1440, 375])
def window(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A wide and a narrow window, whose cache of scripts all tests share."""
    size = {"width": request.param, "height": 900}
    context = chromium.new_context(viewport=size)  # type: ignore[arg-type]
    yield context
    context.close()


@pytest.fixture
def wide(chromium: Browser, address: str) -> Iterator[Watched]:
    """The chat in a fresh wide page, for what no width changes."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    watched = Watched(page, address)
    yield watched
    watched.check()
    page.close()


@pytest.fixture
def chat(window: BrowserContext, address: str) -> Iterator[Watched]:
    """The chat in a fresh page, wide and narrow; nothing may have left the host at the end."""
    page = window.new_page()
    watched = Watched(page, address)
    yield watched
    watched.check()
    page.close()
    window.clear_cookies()
