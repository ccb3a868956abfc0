"""The same answers for programs, over HTTP. Floor 9. Order: links < asking, completions < this.

`create_api` makes an application of its own; the chat adds its pages to it. FastAPI's pages of
documentation load scripts from a CDN and are off: `/api/openapi.json` says everything.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from rag.api import asking, completions
from rag.api.links import Told, essay_path
from rag.errors import BadInput, RagError
from rag.messages import Bilingual, accepted, both, said
from rag.pipeline import Assistant

__all__ = ["OPENAPI", "create_api", "error_json", "essay_path", "invalid_json"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_VARY = {"vary": "Accept-Language"}
OPENAPI = "/api/openapi.json"
_DESCRIPTION = (
    "Answers on the essays of this server. Every sentence of an answer cites its source; what the "
    "essays do not say is refused, with the reason and the nearest passage."
)


def create_api(
    assistant: Assistant,
    lifespan: Lifespan | None = None,
    told: Told = lambda request, answer: None,
) -> FastAPI:
    """Return the application over an opened `assistant`; `told` hears of every answer."""
    app = FastAPI(
        title="Youju",
        description=_DESCRIPTION,
        version="1",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(asking.routes(assistant, told))
    app.include_router(completions.routes(assistant, told))

    @app.exception_handler(RagError)
    def failed(request: Request, error: RagError) -> JSONResponse:
        return error_json(error, request)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return invalid_json(error, request)

    return app


def invalid_json(error: RequestValidationError, request: Request) -> JSONResponse:
    """Return what is wrong with a request, without what was sent, which may be no text at all."""
    told = [{name: each[name] for name in ("loc", "msg", "type")} for each in error.errors()]
    fields = ", ".join(".".join(map(str, each["loc"])) for each in told)
    line = both("the request cannot be used: see to {fields}", fields=fields)
    made = {"detail": told, "error": _error(line, "invalid_request_error", request)}
    return JSONResponse(made, 422, _VARY)


def error_json(error: RagError, request: Request) -> JSONResponse:
    """Return what programs are told of `error`, in OpenAI's shape."""
    wrong_use = isinstance(error, BadInput)
    kind = "invalid_request_error" if wrong_use else "server_error"
    made = {"error": _error(error.message, kind, request)}
    return JSONResponse(made, 400 if wrong_use else 503, _VARY)


def _error(line: Bilingual, kind: str, request: Request) -> dict[str, str]:
    """Return a line in the language that the request accepts, English where it does not say."""
    language = accepted(request.headers.get("accept-language", ""))
    return {"message": said(line, language), "type": kind}
