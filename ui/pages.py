"""All plain pages put together: their routes, the language switch, what is shown for an error."""

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from rag.api import OPENAPI, error_json, invalid_json
from rag.corpus_files import NotDone
from rag.errors import BadInput, RagError
from rag.messages import said
from ui import admin, answers, basket, chat, library, login, measures, original, verify
from ui.access import local_path
from ui.site import Site, language, message
from ui.strings import LANGUAGES

_PARTS = (admin, answers, basket, chat, library, login, measures, original, verify)
_YEAR = 365 * 24 * 3600  # seconds that a chosen language is remembered


def add(app: FastAPI, site: Site) -> None:
    """Add the plain pages to `app`."""
    for part in _PARTS:
        app.include_router(part.routes(site), include_in_schema=False)

    @app.get("/language/{name}", include_in_schema=False)
    def choose(name: str, to: str = "/") -> Response:
        response = RedirectResponse(local_path(to), 303)
        if name in LANGUAGES:
            response.set_cookie("lang", name, max_age=_YEAR, samesite="lax", httponly=True)
        return response

    @app.get("/api", include_in_schema=False)
    def programs(request: Request) -> HTMLResponse:
        """Show what programs can ask here, by the description that programs read."""
        return site.page(
            request, "api.html", "", described=app.openapi(), openapi=OPENAPI,
            base=str(request.base_url).rstrip("/"),
        )  # fmt: skip

    _add_errors(app, site)


def _add_errors(app: FastAPI, site: Site) -> None:
    """Show what goes wrong as a page of the site; programs are told as the API tells them."""

    @app.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> Response:
        if _for_programs(request):
            return await http_exception_handler(request, error)
        return site.refused(request, error.status_code)

    @app.exception_handler(RagError)
    def unable(request: Request, error: RagError) -> Response:
        if _for_programs(request):
            return error_json(request, error)
        s, status = language(request), 409 if isinstance(error, NotDone) else 422
        title, text = s.not_done, said(error, s.language)
        if not isinstance(error, BadInput):
            status, title, text = 503, s.failed, message(error, s)
        return site.page(request, "message.html", "", status, title=title, text=text)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        if _for_programs(request):
            return invalid_json(request, error)
        return site.refused(request, 422)


def _for_programs(request: Request) -> bool:
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path.startswith(("/api/", "/v1/"))
