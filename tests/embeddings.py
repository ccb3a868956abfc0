"""An OpenAI-compatible embeddings endpoint over real HTTP, that answers as a test says."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from rag.settings import Settings
from tests.listening import listening


class EmbeddingServer:
    """What the endpoint was asked, and what it answers: vectors, unless `replies` say otherwise."""

    def __init__(self, embed: Callable[[Sequence[str]], Any]) -> None:
        self.embed = embed
        self.replies: list[Response] = []  # come first, one a request
        self.always: Response | None = None  # comes instead of vectors
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        self.stalls = False
        self.url = ""

    def answer(self, asked: dict[str, Any]) -> Response:
        """One answer; the vectors come in another order than the texts."""
        if self.stalls:
            self.over.wait()
        if self.replies:
            return self.replies.pop(0)
        if self.always is not None:
            return self.always
        rows = [[float(x) for x in row] for row in self.embed(asked["input"])]
        data = [{"index": n, "embedding": row} for n, row in enumerate(rows)]
        return reply({"object": "list", "model": asked["model"], "data": data[::-1]})

    def settings(self, **more: Any) -> Settings:  # noqa: ANN401 (any setting)
        """Settings that name this endpoint."""
        return Settings(encoder=self.url, encoder_model="letters", encoder_key="key-7", **more)


def reply(content: object, status: int = 200) -> Response:
    """An answer of JSON; NaN and endless numbers are written as Python does."""
    return Response(json.dumps(content), status, media_type="application/json")


@contextmanager
def serving(embed: Callable[[Sequence[str]], Any]) -> Iterator[EmbeddingServer]:
    """Serve at a free port of this machine."""
    server, app = EmbeddingServer(embed), FastAPI()

    @app.post("/v1/embeddings")
    async def embeddings(request: Request) -> Response:
        asked = await request.json()
        server.requests.append(asked)
        server.headers.append(dict(request.headers))
        answer = await run_in_threadpool(server.answer, asked)
        answer.headers["connection"] = "close"  # so that no test leaves a connection open
        return answer

    with listening(app) as url:
        server.url = f"{url}/v1"
        try:
            yield server
        finally:
            server.over.set()


def rows(*embeddings: object) -> Response:
    return reply({"data": [{"index": n, "embedding": row} for n, row in enumerate(embeddings)]})


def closed_port() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


def one_line(error: BaseException) -> str:
    """What an error says, which is one line without the key."""
    assert "\n" not in str(error)
    assert "key-7" not in str(error)
    return str(error)
