"""What a browser test needs: a server over an index of its own, and a page that is watched."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from playwright.sync_api import Page

from rag.pipeline import build
from rag.settings import Settings

ROOT = Path(__file__).parents[2]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--accept-lang=zh-CN,zh",  # headless, it says that it is English
]
SERVE = """
import sys
from pathlib import Path
from rag.settings import Settings
from ui.app import serve
serve(Path(sys.argv[1]), Settings.load())
"""


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
    # a pipe that nobody reads would stop the server when it is full
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        with running(index, port, log, **environment) as server:
            yield f"http://127.0.0.1:{port}"
        log.seek(0)
        errors = log.read()
    assert (server.returncode, "Traceback" in errors) == (0, False), errors


@contextmanager
def running(
    index: Path, port: int, log: IO[str] | None = None, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """Serve `index` at `port`, and give the process once it answers."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, index.name],
        cwd=index.parent,  # so that no page shows where on this machine it is
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAG_PORT": str(port), **environment},
        stderr=log or subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_for(port, server)
        yield server
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[str]) -> None:
    """Return once `port` answers; the first connection waits until the server is ready."""
    while server.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/health", timeout=60).close()
            return
        except URLError:
            time.sleep(0.1)
    raise RuntimeError(f"the server ended with {server.returncode}")


class Watched:
    """A page that notes every request to another host and every error of its own."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.requests: list[str] = []
        self.errors: list[str] = []
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
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")
        self.page.wait_for_selector(f".turn:nth-of-type({turns + 1}):not([aria-busy])")

    def check(self) -> None:
        """Fail on any request that left the host, and on any error of the page."""
        host = urlsplit(self.address).netloc
        assert self.requests
        assert [url for url in self.requests if urlsplit(url).netloc != host] == []
        assert self.errors == []
