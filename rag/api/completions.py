"""`/v1`: the shape of OpenAI's chat completions, so that other chat clients work unchanged.

The question is the last message of the user, the earlier ones are its history; what the client
sets of model, temperature and the like changes nothing. A citation stands in the text as `[n]`,
with its footnote below, and as an annotation `url_citation` that leads to the paragraph.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from rag.api.asking import Hears
from rag.blocks import Mark
from rag.errors import BadInput
from rag.export import essay_path, footnote, provenance
from rag.pipeline import Assistant
from rag.queue import Place
from rag.render.markdown import markdown, pieces
from rag.types import Answer

MODEL = "youju"
_MOST_MESSAGES = 400
_MOST_CHARACTERS = 400_000
_KEEP_ALIVE = 10.0  # seconds without news after which a comment keeps a proxy from hanging up
_JSON = "application/json"
_NEAREST = "最接近的内容（不是答案）："

Json = dict[str, Any]
Growing = Generator[Answer, None, None]
Coming = AsyncGenerator[Answer | None, None]


class ContentPart(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: str = ""


class Message(BaseModel):
    """One message."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | Annotated[list[ContentPart], Field(fail_fast=True)] | None = None

    @property
    def text(self) -> str:
        """Its words."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class Completion(BaseModel):
    """A request; what is not named here is accepted and left alone."""

    model: str = MODEL
    messages: list[Message] = Field(
        min_length=1,
        fail_fast=True,
        examples=[[{"role": "user", "content": "太湖县有哪些措施？"}]],
    )
    stream: bool = False
    tools: list[Any] | None = None
    functions: list[Any] | None = None


def routes(assistant: Assistant, hears: Hears) -> APIRouter:
    """Return the routes under /v1."""
    router = APIRouter(prefix="/v1")

    @router.get("/models", summary="List the one model there is")
    def models() -> Json:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}
        return {"object": "list", "data": [model]}

    @router.post("/chat/completions", summary="Answer the last message of the user")
    def complete(wanted: Completion, request: Request) -> Response:
        asked = _asked(wanted.messages)
        base = str(request.base_url).rstrip("/")
        place = Place()
        growing = _telling(
            assistant.asking(asked[-1], asked[:-1], place=place),
            lambda answer: hears(request, answer),
        )
        ignored = (
            {"Warning": '299 youju "tools are ignored"'} if wanted.tools or wanted.functions else {}
        )
        first = next(growing)  # an error of the question is one, and no broken stream
        make, kind = (_events, "text/event-stream") if wanted.stream else (_at_once, _JSON)
        coming = _alive(growing, place)
        return StreamingResponse(make(first, coming, base), media_type=kind, headers=ignored)

    return router


def _asked(messages: list[Message]) -> list[str]:
    """Return what the user asked, oldest first.

    Raises:
        BadInput: nothing was asked, or the conversation is too long.
    """
    if len(messages) > _MOST_MESSAGES or sum(len(m.text) for m in messages) > _MOST_CHARACTERS:
        raise BadInput(
            "the conversation is too long: send at most {most_messages} messages of "
            "{most_characters} characters together, the newest ones",
            most_messages=_MOST_MESSAGES,
            most_characters=_MOST_CHARACTERS,
        )
    asked = [message.text for message in messages if message.role == "user"]
    if not asked:
        raise BadInput("there is no message of the user: send one with the question")
    return asked


def _annotations(answer: Answer, base: str) -> list[Json]:
    """Return one annotation for each mark of the answer; indices count code points."""
    cited = {citation.number: citation for citation in answer.citations}
    made: list[Json] = []
    at = 0
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
        "content": answer.text + _notes(answer),
        "refusal": None,
        "annotations": _annotations(answer, base),
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {**_head("chat.completion"), "choices": [choice]}


async def _at_once(first: Answer, coming: Coming, base: str) -> AsyncIterator[str]:
    """Yield the whole answer when it is there."""
    answer = first
    async with aclosing(coming):
        async for grown in coming:
            answer = grown or answer
    yield json.dumps(_whole(answer, base), ensure_ascii=False)


async def _events(first: Answer, coming: Coming, base: str) -> AsyncIterator[str]:
    """Yield the events of a stream; the last one carries the annotations of the whole text.

    `first` is sent whole, what joins it after it, although it stands above it elsewhere: what was
    sent can't be moved.
    """
    head = _head("chat.completion.chunk")
    yield _event(head, {"role": "assistant", "content": ""})
    yield _event(head, {"content": first.text})
    text, answer = first.text, first
    async with aclosing(coming):
        async for grown in coming:
            if grown is None:
                yield ": keep-alive\n\n"
                continue
            joined = len(grown.blocks) - len(first.blocks)
            answer = replace(grown, blocks=(*first.blocks, *grown.blocks[:joined]))
            whole = markdown(answer.blocks)
            if not whole.startswith(text):  # a model's sentence went on: the rest of it is new
                whole = text
            yield _event(head, {"content": whole[len(text) :]})
            text = whole
    yield _event(head, {"content": _notes(answer)})
    yield _event(head, {"annotations": _annotations(answer, base)}, "stop")
    yield "data: [DONE]\n\n"


async def _alive(growing: Growing, place: Place) -> AsyncGenerator[Answer | None, None]:
    """Yield what comes, and None each time that nothing has come for a while.

    When nobody reads on, the language model is hung up on.
    """
    thread, loop = ThreadPoolExecutor(1), asyncio.get_running_loop()
    try:
        while True:
            coming = loop.run_in_executor(thread, next, growing, None)
            while not (await asyncio.wait({coming}, timeout=_KEEP_ALIVE))[0]:
                yield None
            if (answer := coming.result()) is None:
                return
            yield answer
    finally:
        place.leave()
        thread.submit(growing.close)
        thread.shutdown(wait=False)


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


def _telling(growing: Iterator[Answer], tell: Callable[[Answer], None]) -> Growing:
    """Yield what grows, and tell of it when it is whole or nobody wants the rest."""
    answer = None
    try:
        for answer in growing:
            yield answer
    finally:
        if answer is not None:
            tell(answer)
