"""A small application behind the real guard, on a real socket."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import Body, FastAPI, Form, Request
from fastapi.staticfiles import StaticFiles

from rag.audit import FILE_NAME as AUDIT
from rag.pipeline import Assistant
from rag.settings import Settings
from tests.conftest import ROOT
from tests.listening import listening
from ui import access, login
from ui.guard import Guard
from ui.site import Site
from ui.watch import routes

PASSWORD = "言必有据, 2026!"
JSON = {"content-type": "application/json"}

under_way, end = list[int](), threading.Event()  # requests that wait, and until when


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and its data folder."""

    url: str
    data: Path

    def client(self, **headers: str) -> httpx.Client:
        """A client that keeps cookies and sends `headers`, with - for _."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Client(base_url=self.url, timeout=60, headers=sent)

    @contextmanager
    def as_user(self, name: str) -> Iterator[httpx.Client]:
        """A browser in which `name` has logged in."""
        with self.client(sec_fetch_site="same-origin") as browser:
            reply = browser.post("/login", data={"name": name, "password": PASSWORD})
            assert reply.status_code == 303
            yield browser

    def audit(self) -> list[dict[str, str]]:
        """What the audit log holds."""
        text = (self.data / AUDIT).read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


def small_app(assistant: Assistant, settings: Settings) -> FastAPI:
    """An application with a page of each kind behind the real guard, login page and watch."""
    app, site = FastAPI(), Site.open(assistant, settings)
    guarded = {"logins": site.logins, "watch": site.watch, "page": site.refused}
    app.add_middleware(Guard, settings=settings, **guarded)
    app.mount("/ui", StaticFiles(directory=ROOT / "ui" / "static"))
    app.include_router(login.routes(site))
    app.include_router(routes(assistant, site.watch))

    @app.get("/")
    @app.get("/library")
    @app.get("/admin")
    @app.post("/admin/rebuild")
    def who(request: Request, q: str = "") -> dict[str, str]:
        return {"name": access.user_of(request), "base": str(request.base_url), "asked": q}

    @app.post("/chat/change")
    def change(q: Annotated[str, Form()] = "") -> dict[str, str]:
        return {"asked": q}

    @app.post("/api/length")
    def length(text: Annotated[str, Body(embed=True)]) -> int:
        return len(text)

    @app.get("/api/slow")
    def slow() -> None:
        under_way.append(1)
        end.wait(60)

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("with /a/secret/path")

    return app


@contextmanager
def serving(assistant: Assistant, settings: Settings) -> Iterator[Server]:
    """Serve it behind the guard that `settings` make."""
    with listening(small_app(assistant, settings)) as url:
        yield Server(url, Path(settings.data))
