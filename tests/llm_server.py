"""An OpenAI-compatible endpoint for tests: a real HTTP server in a thread, told what to answer.

A script is a sequence of steps. `str` is a piece of the model's text, `bytes` go out as they are,
and a `Step` does something to the connection.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rag.llm import rewriting
from rag.settings import Settings
from rag.types import Answer


class Step(Enum):
    """What the server does besides sending."""

    STALL = auto()  # send nothing more until the test is over
    DONE = auto()  # end the answer as the protocol asks


Script = Iterable[str | bytes | Step]
Answering = Callable[[list[dict[str, str]]], Script]
"""From the messages of a request to what is sent back."""


def chunk(text: str | None, finish: str | None = None, **delta: Any) -> bytes:  # noqa: ANN401
    """Return one event of the stream."""
    choice = {"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}
    made = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return f"data: {json.dumps({**made, 'choices': [choice]}, ensure_ascii=False)}\n\n".encode()


def rewrite(answer: Answer, settings: Settings) -> Answer:
    """Return `answer` under all that the configured model adds to it."""
    *_, last = rewriting(answer, settings, deque())
    return last


class Server:
    """What the endpoint was asked, and how to reach it."""

    def __init__(self, answering: Answering, status: int) -> None:
        self.answering, self.status = answering, status
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.over, self.hung_up = threading.Event(), threading.Event()
        self.tokenizes = False
        self.url = ""

    def settings(self, timeout: float = 30.0) -> Settings:
        """Return settings that name this endpoint."""
        return Settings(llm_url=self.url, llm_model="m", llm_key="key-7", llm_timeout=timeout)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; without `Step.DONE` the connection closes in mid-answer."""

    protocol_version = "HTTP/1.1"
    script: Server

    def do_POST(self) -> None:
        """Answer as the script says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            self._tokenize(body["content"])
            return
        self.script.requests.append(body)
        self.script.headers.append({k.lower(): v for k, v in self.headers.items()})
        self.send_response(self.script.status)
        if 300 <= self.script.status < 400:
            self.send_header("Location", f"{self.script.url}/elsewhere")
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            for step in self.script.answering(body["messages"]):
                self._send(step)
        except (BrokenPipeError, ConnectionResetError):  # what a client does to a hostile answer
            self.script.hung_up.set()

    def _tokenize(self, text: str) -> None:
        """Tell the tokens of `text`, two characters each, if the server does so at all."""
        told = json.dumps({"tokens": list(range(0, len(text), 2))}).encode()
        self.send_response(200 if self.script.tokenizes else 404)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def _send(self, step: str | bytes | Step) -> None:
        if step is Step.STALL:
            self.script.over.wait()
        elif step is Step.DONE:
            self.wfile.write(chunk(None, "stop") + b"data: [DONE]\n\n")
        elif isinstance(step, str):
            self.wfile.write(chunk(step))
        elif isinstance(step, bytes):
            self.wfile.write(step)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401
        """Say nothing."""


@contextmanager
def serving(answering: Answering | Script, status: int = 200) -> Iterator[Server]:
    """Serve `answering` at a free port of this machine."""
    answer = answering if callable(answering) else lambda _messages: answering
    server = Server(answer, status)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"script": server})
    ) as http:
        http.daemon_threads = True
        server.url = f"http://127.0.0.1:{http.server_port}/v1"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            http.shutdown()
            thread.join()
