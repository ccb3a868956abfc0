"""The same answers for programs, over HTTP. Floor 9. Order: links < asking, completions < this.

`create_api` makes an application of its own; the chat adds its pages to it. FastAPI's pages of
documentation load scripts from a CDN and are off: `/api/openapi.json` says everything.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from rag.api import asking, completions
from rag.api.links import essay_path
from rag.errors import BadInput, RagError
from rag.pipeline import Assistant

__all__ = ["OPENAPI", "create_api", "error_json", "essay_path"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
OPENAPI = "/api/openapi.json"
_DESCRIPTION = (
    "Answers on the essays of this server. Every sentence of an answer cites its source; what the "
    "essays do not say is refused, with the reason and the nearest passage."
)


def create_api(assistant: Assistant, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the application over an opened `assistant`."""
    app = FastAPI(
        title="Youju",
        description=_DESCRIPTION,
        version="1",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(asking.routes(assistant))
    app.include_router(completions.routes(assistant))

    @app.exception_handler(RagError)
    def failed(_request: Request, error: RagError) -> JSONResponse:
        return error_json(error)

    return app


def error_json(error: RagError) -> JSONResponse:
    """Return what programs are told of `error`, in OpenAI's shape."""
    wrong_use = isinstance(error, BadInput)
    kind = "invalid_request_error" if wrong_use else "server_error"
    made = {"error": {"message": str(error), "type": kind}}
    return JSONResponse(made, 400 if wrong_use else 503)
