"""The chat once in Firefox, over its own remote protocol: Marionette, which needs no driver."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import free_port

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
ASKED = "太湖县在人才方面有哪些措施？"
ENTER = "\ue007"  # as WebDriver names the key
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # as WebDriver names a reference to an element
SECONDS = 120  # that a busy machine may take for anything


class Firefox:
    """A page of a real Firefox."""

    def __init__(self, port: int) -> None:
        end = time.monotonic() + SECONDS
        while True:
            try:
                self.line = socket.create_connection(("127.0.0.1", port), SECONDS)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end, "Firefox does not listen"
                time.sleep(0.2)
        self._file = self.line.makefile("rb")
        self._read()  # its greeting
        self("WebDriver:NewSession")

    def __call__(self, command: str, **given: object) -> Any:  # noqa: ANN401 (JSON)
        """Send a command and return what comes of it."""
        sent = json.dumps([0, 1, command, given])
        self.line.sendall(f"{len(sent)}:{sent}".encode())
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def _read(self) -> Any:  # noqa: ANN401
        size = b""
        while not size.endswith(b":"):
            size += self._file.read(1)
        return json.loads(self._file.read(int(size[:-1])))

    def run(self, script: str) -> Any:  # noqa: ANN401
        """Return the value of a script's expression in the page."""
        return self("WebDriver:ExecuteScript", script=f"return {script}", args=[])["value"]

    def find(self, selector: str) -> str:
        """Return an element of the page once it is there and can be seen."""
        seen = f"document.querySelector({json.dumps(selector)})?.checkVisibility() ?? false"
        end = time.monotonic() + SECONDS
        while not self.run(seen):
            assert time.monotonic() < end, selector
            time.sleep(0.1)
        found = self("WebDriver:FindElement", using="css selector", value=selector)
        return str(found["value"][ELEMENT])


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    if FIREFOX is None:
        pytest.skip("no Firefox on the PATH: install it with `apt-get install firefox-esr`")
    port = free_port()
    (tmp_path / "user.js").write_text(f'user_pref("marionette.port", {port});', encoding="utf-8")
    command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(tmp_path)]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env={"HOME": str(tmp_path)}) as process,
    ):
        try:
            made = Firefox(port)
            with closing(made.line):
                yield made
        finally:
            process.terminate()


def test_the_chat_answers_shows_the_source_and_is_found_again(
    firefox: Firefox, address: str
) -> None:
    firefox("WebDriver:Navigate", url=address)
    firefox.find(".welcome")
    box = firefox.find("#question textarea")
    firefox("WebDriver:ElementSendKeys", id=box, text=ASKED + ENTER)
    firefox("WebDriver:ElementClick", id=firefox.find(".turn:not([aria-busy]) .chip"))
    firefox.find("#panel mark")
    quote = firefox.run("document.querySelector('#panel mark').textContent")
    assert quote in firefox.run("document.querySelector('#panel .paragraph').textContent")
    firefox("WebDriver:Refresh")
    firefox.find(".turn:not([aria-busy]) .chip")
    assert firefox.run("document.querySelector('.asked').textContent") == ASKED
    assert firefox.run("document.querySelectorAll('.turn').length") == 1
    asked = firefox.run("performance.getEntriesByType('resource').map(each => each.name)")
    assert asked and all(url.startswith(address) for url in asked)
