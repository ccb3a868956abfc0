"""What a browser test needs: a server over an index of its own, and a page that is watched."""

import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from rag.pipeline import build
from rag.settings import Settings
from tests.forked import FORKED

ROOT = Path(__file__).parents[2]
PATIENCE = 120_000  # ms; on a busy machine what is expected comes late
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--accept-lang=zh-CN,zh",  # headless, it says that it is English
]

BOX = "#question textarea"


@contextmanager
def serving(corpus: Path, index: Path, **environment: str) -> Iterator[str]:
    """Build an index of `corpus`, serve it as a process of its own, and give the address."""
    build([corpus], index, Settings())
    with served(index, **environment) as address:
        yield address


@contextmanager
def served(index: Path, **environment: str) -> Iterator[str]:
    """Serve `index` as a process of its own, and give the address.

    The process is ended as Ctrl-C would, and must end cleanly.
    """
    port = free_port()
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as log:
        with running(index, port, log.name, **environment) as server:
            yield f"http://127.0.0.1:{port}"
        errors = log.read()
    assert (server.exitcode, "Traceback" in errors) == (0, False), errors


@contextmanager
def running(
    index: Path, port: int, log: str = os.devnull, **environment: str
) -> Iterator[BaseProcess]:
    """Serve `index` at `port`, and give the process once it answers."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "RAG_PORT": str(port), **environment}
    server = FORKED.Process(target=_serve, args=(index, log, settings))
    server.start()
    try:
        wait_for(port, server)
        yield server
    finally:
        if server.is_alive():
            os.kill(server.pid or 0, signal.SIGINT)
        server.join(timeout=30)
        hangs = server.is_alive()
        server.kill()
        assert not hangs, "the server goes on after Ctrl-C"


def _serve(index: Path, log: str, environment: dict[str, str]) -> None:
    """Serve `index`; what a server's process runs, whose errors go to the file `log`."""
    os.dup2(os.open(log, os.O_WRONLY), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(index.parent)  # so that no page shows where on this machine it is
    from ui.app import serve

    serve(Path(index.name), Settings.load())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, server: BaseProcess) -> None:
    """Return once `port` answers; the first connection waits until the server is ready."""
    while server.is_alive():
        try:
            urlopen(f"http://127.0.0.1:{port}/health", timeout=60).close()
            return
        except OSError:  # it does not listen yet, or is slow on a busy machine
            time.sleep(0.1)
    raise RuntimeError(f"the server ended with {server.exitcode}")


class Watched:
    """A page that notes every request to another host and every error of its own."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str = "/") -> None:
        """Open the chat and wait until it can be used."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector(".welcome")

    def ask(self, question: str) -> None:
        """Type a question, press Enter and wait for the whole answer."""
        turns = self.page.locator(".turn").count()
        self.page.fill(BOX, question)
        self.page.press(BOX, "Enter")
        self.page.wait_for_selector(f".turn:nth-of-type({turns + 1}):not([aria-busy])")

    def check(self) -> None:
        """Fail on any request that left the host, and on any error of the page."""
        host = urlsplit(self.address).netloc
        assert self.requests
        assert [url for url in self.requests if urlsplit(url).netloc != host] == []
        assert self.errors == [], self.errors


def side(page: Page, part: str) -> None:
    """Bring the conversations or the sources in sight, where the window is narrow by the drawer."""
    opener = page.locator(".open-side" if part == "talks" else ".open-material")
    if (page.viewport_size or {})["width"] < 1280:
        opener.click()
    elif page.locator(f"#{part}").get_attribute("open") is None:
        page.locator(f"#{part} > summary").click()


def serious(page: Page, *rules: str) -> list[str]:
    """Return what axe-core calls a serious or critical violation, of all rules or of these."""
    options: dict[str, object] = {"resultTypes": ["violations"]}  # the rest is not looked at
    if rules:
        options["runOnly"] = list(rules)
    report = Axe().run(page, options=options).response
    return [
        f"{each['id']}: {json.dumps([node['html'][:160] for node in each['nodes'][:3]])}"
        for each in report["violations"]
        if each["impact"] in ("serious", "critical")
    ]
