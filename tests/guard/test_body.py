"""How much may be sent where, and what is done when whoever asked is gone."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.settings import Settings
from ui.guard import Guard

JSON, FORM, FILE = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
SETTINGS = Settings(max_draft_bytes=1_500_000, max_upload_bytes=2_000_000)


class Recorder:
    """Notes what the guard counts."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    def requested(self, path: str, method: str, status: int, seconds: float) -> None:
        """Note the status of one request."""
        self.statuses.append(status)

    def note(self, *_: object, **__: object) -> None:
        """Note nothing."""


def guard(app: ASGIApp, watch: Recorder) -> Guard:
    logins: Any = SimpleNamespace(any=lambda: False)
    refused: Any = lambda request, status, why: PlainTextResponse(why, status)  # noqa: E731
    return Guard(app, SETTINGS, logins, watch, refused)  # type: ignore[arg-type]


def scope(path: str, kind: str) -> Scope:
    headers = [(b"host", b"localhost"), (b"content-type", kind.encode())]
    return {
        "type": "http", "method": "POST", "path": path, "headers": headers, "scheme": "http",
        "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip


def status_of(path: str, kind: str, size: int) -> int:
    """Send so many bytes of a kind to an application that reads them all."""

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await PlainTextResponse("read")(scope, receive, send)

    watch, sent = Recorder(), list[Message]()
    body = b'"' + b"a" * (size - 2) + b'"' if kind == JSON else b"q=" + b"a" * (size - 2)

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(guard(reading, watch)(scope(path, kind), receive, send))
    assert watch.statuses == [sent[0]["status"]]
    return watch.statuses[0]


@pytest.mark.parametrize(
    ("path", "kind", "most"),
    [
        ("/api/ask", JSON, SETTINGS.max_request_bytes),
        ("/login", FORM, 10_000),
        ("/chat/ask", FORM, 300_000),
        ("/verify", FORM, 300_000),  # a file of a draft may be longer, a form without one not
        ("/verify", FILE, SETTINGS.max_draft_bytes + 100_000),
        ("/admin/upload", FORM, 300_000),
        ("/admin/upload", FILE, SETTINGS.max_upload_bytes),
    ],
)
def test_so_much_and_no_more_is_taken(path: str, kind: str, most: int) -> None:
    assert status_of(path, kind, most) == 200
    assert status_of(path, kind, most + 1) == 413


def test_nothing_goes_on_for_who_is_gone() -> None:
    steps: list[str] = []

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        steps.append("begun")
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        steps.append("went on")

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise ConnectionResetError

    watch = Recorder()
    asyncio.run(guard(answering, watch)(scope("/api/ask", FILE), receive, send))
    assert steps == ["begun"]
    assert watch.statuses == [200]
