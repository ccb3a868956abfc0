"""The page of questions and answers, and what its script asks the server for.

Gradio holds the page. What is in it is HTML of ours, which `static/talk.js` has from the routes
below: each is one short request, so a proxy that cuts long ones, a slow line or a server that is
started anew loses nothing, and what failed is simply asked for again.
"""

import asyncio
import sqlite3
from functools import partial
from typing import Annotated, Any

import gradio as gr
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from rag.errors import BadInput, Overloaded
from rag.history import ConversationChange, Turn
from rag.messages import said
from ui import render, scope
from ui.access import or_404, user, user_of
from ui.asking import Asking, Growing
from ui.conversation import Thread
from ui.render import PARTS, masthead
from ui.site import Site, language
from ui.strings import ZH

_UNTAKEN: dict[type[Exception], tuple[str, int]] = {  # a text's name; from 429 on it is sent again
    KeyError: ("conversation_gone", 404),
    BadInput: ("bad_input", 422),
    Overloaded: ("asked_enough", 429),
    sqlite3.Error: ("not_asked", 503),
}
_LISTED = 200  # conversations beside the chat; others are found by searching
_PATIENCE = 20  # seconds that a look waits for something new; proxies cut at 60
_MOVES = 1.0  # seconds between two looks at the queue
_LOOK = 0.05  # seconds between two looks at an answer that grows


def chat_page() -> gr.Blocks:
    """Return the page; nothing of it is an event of Gradio's or a public API."""
    page: gr.Blocks = gr.Blocks(title=ZH.title, fill_width=True, analytics_enabled=False)
    with page:
        # the page's own scripts stand in its head, and have run before Gradio's modules do
        gr.HTML(elem_id="youju", js_on_load="talk.settle(element)", apply_default_css=False)
    return page


def routes(site: Site) -> APIRouter:
    """Return the routes under /chat."""
    router, thread = APIRouter(prefix="/chat"), Thread(site)
    _page(router, site, thread)
    asking = Asking(site)
    _asked(router, site, asking)
    _answering(router, site, asking, thread)
    _conversations(router, site)
    return router


def _page(router: APIRouter, site: Site, thread: Thread) -> None:
    """Add the routes of what is shown: the turns, and what limits the essays."""

    @router.get("/page")
    def page(request: Request, chat: str = "") -> HTMLResponse:
        """Return all that the page shows; of the conversation its last turns."""
        s, name = language(request), user_of(request)
        essays = site.assistant.records.essays()
        html = site.html(
            request, "chat.html", chat=chat, q="",
            masthead=masthead(s, "chat", "/", {}, user(request)),
            conversations=site.history.conversations(name, most=_LISTED),
            thread=Markup(thread.told(name, chat, s)["html"]),
            chips=scope.chips(scope.sent(request.url.query), essays, s),
            panel=PARTS.panel(s),
            most=site.settings.max_question,
        )  # fmt: skip
        return HTMLResponse(html, headers={"vary": "Accept-Language, Cookie"})

    @router.get("/thread")
    def turns(request: Request, chat: str = "", before: str = "") -> dict[str, Any]:
        """Return the last turns of a conversation, or those before one of them."""
        told = thread.told(user_of(request), chat, language(request), before)
        return {**told, "html": site.rooted(told["html"])}

    @router.get("/sources")
    def sources(
        request: Request, by: str = "publication", group: str | None = None, q: str = ""
    ) -> HTMLResponse:
        """Return the essays to tick: grouped, the titles of one group, or those that are found."""
        essays, s = site.assistant.records.essays(), language(request)
        by = by if by in scope.GROUPS else scope.GROUPS[0]
        made = scope.groups(essays, by, group, s)
        opened = next((each.essays for each in made if each.value == group), None)
        html = site.html(
            request, "sources.html", by=by, groups=made, q=q.strip(),
            essays=scope.found(essays, q.strip(), s) if q.strip() else opened,
        )  # fmt: skip
        return HTMLResponse(html)

    @router.get("/limits")
    def limits(request: Request) -> HTMLResponse:
        """Return the chips of what the address says is ticked."""
        essays = site.assistant.records.essays()
        ticked = scope.sent(request.url.query)
        return HTMLResponse(scope.chips(ticked, essays, language(request)))


def _asked(router: APIRouter, site: Site, asking: Asking) -> None:
    """Add the route of a question."""

    @router.post("/ask")
    def ask(
        request: Request, chat: Annotated[str, Form()], turn: Annotated[str, Form()],
        question: Annotated[str, Form()], limits: Annotated[str, Form()] = "",
        again: Annotated[bool, Form()] = False,
    ) -> Response:  # fmt: skip
        s, name, question = language(request), user_of(request), question.strip()
        filters = scope.resolved(scope.sent(limits), site.assistant.records)
        try:
            if again:
                kept = asking.again(name, turn, filters)
            elif not question or len(question) > site.settings.max_question:
                raise BadInput("empty or too long")
            else:
                kept = asking.ask(name, chat, turn, question, filters)
        except tuple(_UNTAKEN) as error:
            why, status = next(told for of, told in _UNTAKEN.items() if isinstance(error, of))
            return JSONResponse({"told": getattr(s, why)}, status)
        return JSONResponse({"state": kept.state})


def _answering(router: APIRouter, site: Site, asking: Asking, thread: Thread) -> None:
    """Add the routes of an answer on its way."""

    @router.get("/turns/{answer_id}")
    async def look(
        request: Request, answer_id: str, version: int = -1, ahead: int = 0
    ) -> dict[str, Any]:
        """Return a turn as soon as there is more of it than `version`, within `_PATIENCE`.

        While it waits for others, once a second where not as many as `ahead` are before it.
        """
        turn, growing = await _waited(asking, user_of(request), answer_id, version, ahead)
        over = growing and growing.unkept
        now, ahead = (growing.version, growing.place.ahead) if growing else (0, 0)
        s = language(request)
        told = {"ahead": ahead, "waiting": render.queued(ahead, s)}
        if turn.state == "asked" and not over and now <= version:
            return {"state": "asked", "version": version, "html": "", **told}
        html = site.rooted(await run_in_threadpool(partial(thread.turn, turn, s, growing=growing)))
        above = await run_in_threadpool(thread.above, s)  # an answer may have changed it
        state = "failed" if over else turn.state
        return {"state": state, "version": now, "html": html, "above": above, **told}

    @router.post("/turns/{answer_id}/stop")
    def stop(request: Request, answer_id: str) -> dict[str, Any]:
        turn = or_404(asking.stop)(user_of(request), answer_id)
        html = thread.turn(turn, language(request))
        return {"state": turn.state, "html": site.rooted(html)}


def _conversations(router: APIRouter, site: Site) -> None:
    """Add the routes of the list of conversations."""

    @router.get("/list")
    def conversations(request: Request, q: str = "", chat: str = "") -> HTMLResponse:
        found = site.history.conversations(user_of(request), q, _LISTED)
        return HTMLResponse(
            site.html(request, "conversations.html", conversations=found, chat=chat, q=q)
        )

    @router.post("/conversations/{conversation_id}/{action}", status_code=204)
    def change(
        request: Request, conversation_id: str, action: ConversationChange,
        title: Annotated[str, Form()] = "",
    ) -> Response:  # fmt: skip
        try:
            or_404(site.history.change)(user_of(request), conversation_id, action, title)
        except BadInput as error:
            return JSONResponse({"told": said(error, language(request).language)}, 422)
        return Response(status_code=204)


async def _waited(
    asking: Asking, name: str, answer_id: str, version: int, ahead: int
) -> tuple[Turn, Growing | None]:
    """Return a turn once there is more of it, or it has moved on, or as it is after `_PATIENCE`."""
    find = partial(run_in_threadpool, or_404(asking.look), name, answer_id)
    turn, growing = await find()
    for looks in range(round(_PATIENCE / _LOOK)):
        if turn.state != "asked" or growing is None or growing.unkept or growing.version > version:
            break
        if looks * _LOOK >= _MOVES and growing.place.ahead != ahead:
            break
        await asyncio.sleep(_LOOK)
        if not asking.waits(answer_id, version):
            turn, growing = await find()
    return turn, growing
