"""One kept answer: its page, its exports, what the reader thinks of it."""

import re
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from rag.export import Paper, as_docx, as_markdown, as_text, of_answer, of_conversation
from rag.history import Turn
from rag.tables import book, sheets
from rag.types import Answer
from ui.access import or_404, user_of
from ui.conversation import Thread
from ui.render import PARTS
from ui.site import Site, language

Format = Literal["docx", "md", "txt", "xlsx"]
_OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s？：]+')
_NAME = 40  # characters of a file's name


class Judgement(BaseModel):
    """What a reader thinks of an answer."""

    verdict: Literal["good", "bad"]
    reason: str = Field("", max_length=1000)


def routes(site: Site) -> APIRouter:
    """Return the routes under /answers."""
    router, thread = APIRouter(prefix="/answers"), Thread(site)

    @or_404
    def kept(request: Request, answer_id: str) -> Turn:
        return site.history.turn(user_of(request), answer_id)

    @or_404
    def whole(request: Request, answer_id: str) -> Answer:
        return kept(request, answer_id).whole

    @router.get("/conversation/{conversation_id}.{format}")
    def conversation(request: Request, conversation_id: str, format: Format) -> Response:
        turns = or_404(site.history.turns)(user_of(request), conversation_id)
        answers = [turn.answer for turn in turns if turn.answer]
        return paper_file(of_conversation(turns[0].question, answers), format)

    @router.get("/{answer_id}.{format}")
    def export(request: Request, answer_id: str, format: Format) -> Response:
        return paper_file(of_answer(whole(request, answer_id)), format)

    @router.get("/{answer_id}")
    def page(request: Request, answer_id: str) -> HTMLResponse:
        turn, s = kept(request, answer_id), language(request)
        return site.page(
            request, "answer.html", "chat", turn=turn,
            html=PARTS.thread((thread.turn(turn, s, last=False),), s), panel=PARTS.panel(s),
        )  # fmt: skip

    @router.post("/{answer_id}/feedback", status_code=204)
    def judge(request: Request, answer_id: str, said: Judgement) -> Response:
        kept(request, answer_id)
        site.history.judge(user_of(request), answer_id, said.verdict, said.reason)
        return Response(status_code=204)

    return router


def paper_file(paper: Paper, format: Format) -> Response:
    """Return a paper to be saved under its title."""
    if format == "docx":
        content = as_docx(paper)
    elif format == "xlsx":
        content = book(sheets(paper), {"标题": paper.title})
    else:
        content = (as_markdown if format == "md" else as_text)(paper).encode()
    return file(content, f"{paper.title[:_NAME]}.{format}")


def file(content: bytes, name: str, media_type: str = "") -> Response:
    """Return `content` to be saved under `name`, which may be Chinese and tells the type."""
    kind = media_type or TYPES[name.rpartition(".")[2]]
    safe = quote(_NOT_IN_NAMES.sub(" ", name).replace(" .", ".").strip())
    disposition = f"attachment; filename*=UTF-8''{safe}"
    return Response(content, 200, {"Content-Disposition": disposition}, kind)
