"""What a user asked before: listed, searched, renamed, deleted."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.errors import BadInput
from ui.access import user_of
from ui.site import Site


def routes(site: Site) -> APIRouter:
    """Return the routes under /history."""
    router = APIRouter(prefix="/history")

    @router.get("")
    def conversations(request: Request, q: str = "") -> HTMLResponse:
        found = site.history.conversations(user_of(request), q)
        return site.page(request, "history.html", "history", conversations=found, q=q)

    @router.post("/{conversation_id}/rename")
    def rename(
        request: Request, conversation_id: str, title: Annotated[str, Form()] = ""
    ) -> Response:
        try:
            site.history.rename(user_of(request), conversation_id, title)
        except KeyError:
            raise HTTPException(404) from None
        except BadInput:
            pass  # an empty name leaves the old one, which the list shows
        return RedirectResponse("/history", 303)

    @router.post("/{conversation_id}/delete")
    def delete(request: Request, conversation_id: str) -> Response:
        try:
            site.history.delete(user_of(request), conversation_id)
        except KeyError:
            raise HTTPException(404) from None
        return RedirectResponse("/history", 303)

    return router
