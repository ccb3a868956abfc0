"""The same answers for programs, over HTTP. Order: asking < completions < this.

`create_api` makes an application of its own; the chat adds its pages to it. FastAPI's pages of
documentation load scripts from a CDN and are off: `/api/openapi.json` says everything.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from rag.api import asking, completions
from rag.api.asking import Hears
from rag.errors import BadInput, RagError
from rag.messages import Bilingual, accepted, both, said
from rag.pipeline import Assistant

__all__ = ["OPENAPI", "create_api", "error_json", "invalid_json", "told"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
OPENAPI = "/api/openapi.json"
_DESCRIPTION = (
    "Answers on the essays of this server. Every sentence of an answer cites its source; what the "
    "essays do not say is refused, with the reason and the nearest passage."
)


def create_api(
    assistant: Assistant,
    lifespan: Lifespan | None = None,
    hears: Hears = lambda request, answer: None,
) -> FastAPI:
    """Return the application over an opened `assistant`; `hears` is told of every answer."""
    app = FastAPI(
        title="Youju",
        description=_DESCRIPTION,
        version="1",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(asking.routes(assistant, hears))
    app.include_router(completions.routes(assistant, hears))
    app.exception_handler(RagError)(error_json)
    app.exception_handler(RequestValidationError)(invalid_json)
    return app


def invalid_json(request: Request, error: RequestValidationError) -> JSONResponse:
    """Return what is wrong with a request, without what was sent, which may be no text at all."""
    detail = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()]
    fields = ", ".join(".".join(map(str, each["loc"])) for each in detail)
    line = both("the request cannot be used: see to {fields}", fields=fields)
    return told(line, 422, request.headers, detail=detail)


def error_json(request: Request, error: RagError) -> JSONResponse:
    """Return what programs are told of `error`."""
    return told(error.message, 400 if isinstance(error, BadInput) else 503, request.headers)


def told(line: Bilingual, status: int, sent: Mapping[str, str], **more: object) -> JSONResponse:
    """Return what a program is told, in OpenAI's shape.

    It is in the language that the headers `sent` accept, in English where they do not say.
    """
    message = said(line, accepted(sent.get("accept-language", "")))
    kind = "server_error" if status >= 500 else "invalid_request_error"
    made = {**more, "error": {"message": message, "type": kind}}
    return JSONResponse(made, status, {"vary": "Accept-Language"})
