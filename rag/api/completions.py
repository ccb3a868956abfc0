"""`/v1`: the shape of OpenAI's chat completions, so that other chat clients work unchanged.

The question is the last message of the user, the earlier ones are its history; what the client
sets of model, temperature and the like changes nothing. A citation stands in the text as `[n]`,
with its footnote below, and as an annotation `url_citation` that leads to the paragraph.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from rag.api.links import Told, essay_path
from rag.blocks import Mark
from rag.errors import BadInput
from rag.export import footnote, provenance
from rag.pipeline import Assistant
from rag.render.markdown import pieces
from rag.types import Answer

MODEL = "youju"
_RETRACTED = "\n\n（以上内容未通过核对，已撤回，改用原句回答：）\n\n"
_NEAREST = "最接近的内容（不是答案）："

Json = dict[str, Any]


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class Message(BaseModel):
    """One message."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class Completion(BaseModel):
    """A request; what is not named here is accepted and left alone."""

    model: str = MODEL
    messages: list[Message] = Field(min_length=1)
    stream: bool = False


def routes(assistant: Assistant, told: Told) -> APIRouter:
    """Return the routes under /v1."""
    router = APIRouter(prefix="/v1")

    @router.get("/models", summary="List the one model there is")
    def models() -> Json:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
        return {"object": "list", "data": [model]}

    @router.post("/chat/completions", summary="Answer the last message of the user")
    def complete(wanted: Completion, request: Request) -> Any:  # noqa: ANN401 (JSON or a stream)
        asked = [message.text for message in wanted.messages if message.role == "user"]
        if not asked:
            raise BadInput("there is no message of the user: send one with the question")
        base = str(request.base_url).rstrip("/")
        growing = _telling(
            assistant.asking(asked[-1], asked[:-1]), lambda answer: told(request, answer)
        )
        if wanted.stream:
            first = next(growing)  # an error of the question is one, and no broken stream
            events = _events(_joined(first, growing), base)
            return StreamingResponse(events, media_type="text/event-stream")
        *_, answer = growing
        return _whole(answer, base)

    return router


def content(answer: Answer) -> str:
    """Return the answer with its footnotes, as one message."""
    return answer.text + _notes(answer)


def annotations(answer: Answer, base: str, offset: int = 0) -> list[Json]:
    """Return one annotation for each mark of the answer, whose text begins at `offset`.

    Indices count code points.
    """
    cited = {citation.number: citation for citation in answer.citations}
    made: list[Json] = []
    at = offset
    for piece in pieces(answer.blocks):
        start, at = at, at + len(f"[{piece.number}]" if isinstance(piece, Mark) else piece)
        if isinstance(piece, Mark):
            citation = cited[piece.number]
            url_citation = {
                "start_index": start,
                "end_index": at,
                "title": provenance(citation),
                "url": f"{base}{essay_path(citation)}",
            }
            made.append({"type": "url_citation", "url_citation": url_citation})
    return made


def _notes(answer: Answer) -> str:
    note = f"\n\n（{answer.note}）" if answer.note else ""
    if answer.abstained:
        return note + "".join(f"\n\n{_NEAREST}{footnote(c)}" for c in answer.nearest)
    return f"{note}\n" + "".join(f"\n[{c.number}] {footnote(c)}" for c in answer.citations)


def _whole(answer: Answer, base: str) -> Json:
    message = {
        "role": "assistant",
        "content": content(answer),
        "refusal": None,
        "annotations": annotations(answer, base),
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {**_head("chat.completion"), "choices": [choice]}


def _events(growing: Iterator[Answer], base: str) -> Iterator[str]:
    """Yield the events of a stream; the last one carries the annotations of the whole text."""
    head, sent, offset, answer = _head("chat.completion.chunk"), "", 0, None
    yield _event(head, {"role": "assistant", "content": ""})
    for answer in growing:
        if not answer.text.startswith(sent):  # the model's words were withdrawn as a whole
            yield _event(head, {"content": _RETRACTED})
            offset, sent = offset + len(sent) + len(_RETRACTED), ""
        if new := answer.text[len(sent) :]:
            yield _event(head, {"content": new})
            sent = answer.text
    if answer is not None:
        yield _event(head, {"content": _notes(answer)})
        yield _event(head, {"annotations": annotations(answer, base, offset)}, "stop")
    yield "data: [DONE]\n\n"


def _event(head: Json, delta: Json, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n"


def _head(kind: str) -> Json:
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }


def _telling(growing: Iterator[Answer], tell: Callable[[Answer], None]) -> Iterator[Answer]:
    """Yield what grows, and tell of it when it is whole or nobody wants the rest."""
    answer = None
    try:
        for answer in growing:
            yield answer
    finally:
        if answer is not None:
            tell(answer)


def _joined(first: Answer, rest: Iterator[Answer]) -> Iterator[Answer]:
    yield first
    yield from rest
