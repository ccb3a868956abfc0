"""The web application: the chat, the plain pages and the interface for programs, on this host.

Nothing in a page comes from another host: the theme names fonts of the reader's system only,
Gradio's telemetry, sharing and run history are off, and the API documentation pages of FastAPI,
which load their scripts from a CDN, are not served.
"""

import logging
import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by Gradio when it is imported

import gradio as gr
import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from gradio.routes import templates
from jinja2 import FunctionLoader
from rich.console import Console
from starlette.middleware.gzip import GZipMiddleware

from rag.api import create_api
from rag.corpus_files import CorpusFiles
from rag.errors import BadInput, RagError
from rag.messages import both, cause, of_system, said
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Logins
from ui import pages
from ui.access import user_of
from ui.chat import chat_page
from ui.examples import examples
from ui.guard import Guard
from ui.measures import labelled
from ui.site import Site
from ui.strings import EN, ZH
from ui.watch import configure
from ui.watch import routes as watching

_log = logging.getLogger(__name__)
_STATIC = Path(__file__).parent / "static"
_SCRIPTS = ("page", "chat", "answer", "basket", "talk")
_HEAD = "".join(
    [f"<title>{ZH.title}</title>"]
    + [f'<link rel="stylesheet" href="ui/{name}.css">' for name in ("theme", "chat")]
    + [f'<script src="ui/{name}.js"></script>' for name in _SCRIPTS]
)
# Put into the page itself: what Gradio is given for its head it adds when its own scripts have run
_SOURCE = templates.get_template("frontend/index.html").filename
_PAGE = Path(str(_SOURCE)).read_text(encoding="utf-8").replace("</head>", f"{_HEAD}</head>")
templates.env.loader = FunctionLoader({"frontend/index.html": _PAGE}.get)
_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif")
_LAST_PORT = 65535
_DAY = 24 * 3600  # seconds
_LOOK = 5.0  # seconds between two looks whether another generation serves
_PACKED = 4  # of 9: of what more brings, a slow line notes nothing
_GOODBYE_SECONDS = 1  # an open page holds a connection for ever; stopping does not wait for it
_KEEP_ALIVE = 75  # seconds; longer than the 60 of nginx, or it uses connections as they are closed


def plain_app(site: Site) -> FastAPI:
    """Return the application without the chat: the plain pages and what programs ask."""

    @asynccontextmanager
    async def warmed(_app: FastAPI) -> AsyncIterator[None]:
        over = threading.Event()
        asides = [
            threading.Thread(target=each, args=(site, over), daemon=True) for each in (_warm, _tidy)
        ]
        for aside in asides:
            aside.start()
        yield
        over.set()
        for aside in asides:  # what still answers while Python ends finds its threads gone
            aside.join(_GOODBYE_SECONDS)

    watch, settings = site.watch, site.settings
    app = create_api(
        site.assistant, warmed, lambda request, answer: watch.answered(user_of(request), answer)
    )
    app.add_middleware(GZipMiddleware, compresslevel=_PACKED)
    app.add_middleware(Guard, settings=settings, logins=site.logins, watch=watch, page=site.refused)
    app.mount("/ui", StaticFiles(directory=_STATIC))
    pages.add(app, site)
    app.include_router(watching(site.assistant, watch), include_in_schema=False)
    return app


def create_app(assistant: Assistant, settings: Settings) -> FastAPI:
    """Return the application over an opened assistant, or raise as `Site.open` and `reachable`."""
    site = Site.open(assistant, settings)
    reachable(settings, site.logins)
    app = plain_app(site)
    fonts = [gr.themes.Font(name) for name in _FONTS]
    gr.mount_gradio_app(  # last, for it takes every path that is left
        app,
        chat_page(),
        path="/",
        theme=gr.themes.Base(font=fonts, font_mono=fonts),
        favicon_path=str(_STATIC / "favicon.png"),
        footer_links=[], run_history=False, show_error=False, ssr_mode=False, pwa=False,
        mcp_server=False, enable_monitoring=False,
    )  # fmt: skip
    return app


def serve(index: Path, settings: Settings) -> None:
    """Serve `index` until Ctrl-C; RagError if it cannot be opened or the address be used."""
    configure(settings)
    with _listen(settings.host, settings.port) as listener:
        settings = replace(settings, index=str(index))
        assistant = Assistant.open(index, settings)
        app = create_app(assistant, settings)
        host, port = listener.getsockname()[:2]
        console, url = Console(stderr=True), f"http://{host}:{port}"
        told = said(both("Serving {url} (Ctrl-C stops)", url=url), of_system(os.environ))
        console.print(told, highlight=False)
        if assistant.empty:
            for s in (ZH, EN):
                told = s.begin.format(corpus=settings.corpus, url=url)
                console.print(told, highlight=False, markup=False, soft_wrap=True)
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", timeout_graceful_shutdown=_GOODBYE_SECONDS,
            timeout_keep_alive=_KEEP_ALIVE, server_header=False,
        )  # fmt: skip
        try:
            uvicorn.Server(config).run(sockets=[listener])
        except KeyboardInterrupt:
            return


def _warm(site: Site, over: threading.Event) -> None:
    """Ask one question and label the measures: the first reader finds all of it loaded.

    Those of a later generation are labelled as soon as it serves.
    """
    records = site.assistant.records
    for question in examples(records.essays(), records.measures(), ZH)[:1]:
        site.assistant.warm(question)
    while not over.is_set():
        try:
            labelled(site)
        except (OSError, RagError) as error:
            _log.error("the measures cannot be labelled: %s", error)
        over.wait(_LOOK)


def _tidy(site: Site, over: threading.Event) -> None:
    """Delete what is older than the settings keep it, now and every day until it is over."""
    days, files = site.settings.history_days, CorpusFiles(site.settings)
    while not over.is_set():
        try:
            files.forget()
            if days:
                site.history.forget(days)
        except (OSError, RagError) as error:
            _log.error("what is old cannot be deleted: %s", error)
        over.wait(_DAY)


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; opened first, so that a taken port fails at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port > _LAST_PORT:
        told = "cannot serve at {host}:{port}: ports end at {last_port}"
        raise BadInput(told, host=host, port=port, last_port=_LAST_PORT)
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BadInput(
            "cannot serve at {host}:{port} ({why}): choose another address with "
            "RAG_HOST and RAG_PORT, or end the program that uses this one", host=host, port=port,
            why=both(cause(error).partition(" (")[0]),  # without what Python appends
        ) from error  # fmt: skip


def reachable(settings: Settings, logins: Logins) -> None:
    """Raise BadInput where others reach a server without accounts, or its prefix is none."""
    if settings.root_path and not settings.root_path.startswith("/"):
        raise BadInput(
            "root_path must begin with /, got {root_path!r}", root_path=settings.root_path
        )
    if _loopback(settings.host) or settings.without_logins or logins.any():
        return
    raise BadInput(
        "will not serve at {host}:{port}, which others reach, without accounts: "
        "run `rag user add NAME`, or add --without-logins",
        host=settings.host,
        port=settings.port,
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
