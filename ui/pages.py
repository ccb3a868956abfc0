"""All plain pages put together: their routes, the language switch, what is shown for an error."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from ui import answers, library, measures, past
from ui.site import Site, language
from ui.strings import LANGUAGES

_PARTS = (answers, library, measures, past)
_YEAR = 365 * 24 * 3600  # seconds that a chosen language is remembered


def add(app: FastAPI, site: Site) -> None:
    """Add the plain pages to `app`."""
    for part in _PARTS:
        app.include_router(part.routes(site), include_in_schema=False)
    app.include_router(_switch(), include_in_schema=False)

    @app.exception_handler(HTTPException)
    def failed(request: Request, error: HTTPException) -> Response:
        s = language(request)
        titles = {404: s.not_found, 403: s.not_allowed}
        title, text = titles.get(error.status_code, s.wrong_request), s.not_found_text
        return site.page(request, "message.html", "", error.status_code, title=title, text=text)

    @app.exception_handler(RequestValidationError)
    def wrong(request: Request, error: RequestValidationError) -> Response:
        s = language(request)
        return site.page(
            request, "message.html", "", 422, title=s.wrong_request, text=s.not_found_text
        )


def _switch() -> APIRouter:
    router = APIRouter()

    @router.get("/language/{name}")
    def choose(name: str, to: str = "/") -> Response:
        here = to if to.startswith("/") and to[1:2] not in ("/", "\\") else "/"
        response = RedirectResponse(here, 303)
        if name in LANGUAGES:
            response.set_cookie("lang", name, max_age=_YEAR, samesite="lax", httponly=True)
        return response

    return router
