"""A real Chromium on a real server over a real index. Skipped where there is no Chromium."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect, sync_playwright

from tests import llm_server
from tests.browser.driver import ARGUMENTS, PATIENCE, Watched, free_port, running, served

Outage = tuple[Watched, Callable[[], AbstractContextManager[BaseProcess]]]
"""A page, and what serves it until it is killed, again and again."""

expect.set_options(timeout=PATIENCE)


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


@pytest.fixture(scope="package")
def windows(chromium: Browser, address: str) -> Iterator[dict[int, BrowserContext]]:
    """A wide and a narrow window, by their width, whose cache of scripts all tests share.

    Each has a page that stays open: with its last page, a window forgets what it has compiled.
    """
    made = {}
    for width in (1440, 375):
        size: ViewportSize = {"width": width, "height": 900}
        made[width] = chromium.new_context(viewport=size, reduced_motion="reduce")
        made[width].new_page().goto(f"{address}/health")
    yield made
    for window in made.values():
        window.close()


@pytest.fixture
def wide(windows: dict[int, BrowserContext], address: str) -> Iterator[Watched]:
    """The chat in a fresh wide page, for what no width changes."""
    yield from _fresh(windows[1440], address)


@pytest.fixture(params=[1440, 375])
def chat(
    windows: dict[int, BrowserContext], address: str, request: pytest.FixtureRequest
) -> Iterator[Watched]:
    """The chat in a fresh page, wide and narrow."""
    yield from _fresh(windows[request.param], address)


@pytest.fixture
def stalled(
    chromium: Browser, index: Path, tmp_path: Path
) -> Iterator[tuple[Watched, llm_server.Server]]:
    """The chat with a language model that begins an answer and goes no further, and that model."""
    with (
        llm_server.serving(["太湖县", llm_server.Step.STALL]) as model,
        served(index, RAG_DATA=str(tmp_path), RAG_LLM_URL=model.url, RAG_LLM_MODEL="m") as at,
    ):
        chat = Watched(chromium.new_page(), at)
        chat.open()
        yield chat, model
        model.over.set()  # the server waits for what is still being read
        chat.check()
        chat.page.close()


@pytest.fixture
def outage(chromium: Browser, index: Path, tmp_path: Path) -> Iterator[Outage]:
    """A page, and what serves it: always at the same place, and without the reader, to be quick."""
    port = free_port()
    chat = Watched(chromium.new_page(), f"http://127.0.0.1:{port}")
    yield chat, partial(running, index, port, RAG_DATA=str(tmp_path), RAG_READER="none")
    # What the browser and Gradio say of a server that is gone; our own script says nothing.
    away = ("net::ERR_", "Unable to preload", "Failed to fetch")
    chat.errors[:] = [each for each in chat.errors if not any(said in each for said in away)]
    chat.check()
    chat.page.close()


def _fresh(window: BrowserContext, address: str) -> Iterator[Watched]:
    """Give a page that knows of no other; nothing may have left the host at the end."""
    page = window.new_page()
    watched = Watched(page, address)
    yield watched
    try:
        watched.check()
    finally:
        page.evaluate("localStorage.clear()")
        page.close()
        window.clear_cookies()
