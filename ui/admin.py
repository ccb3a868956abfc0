"""The administration: documents, accounts, questions, system, each a page of its own."""

from fastapi import APIRouter, Depends, HTTPException, Request

from ui import accounts, documents, questions, system
from ui.access import may_administer
from ui.site import Site

_PARTS = (documents, accounts, questions, system)


def administrators_only(request: Request) -> None:
    """Refuse everybody else with 403."""
    if not may_administer(request):
        raise HTTPException(403)


def routes(site: Site) -> APIRouter:
    """Return the routes under /admin."""
    router = APIRouter(dependencies=[Depends(administrators_only)])
    for part in _PARTS:
        router.include_router(part.routes(site))
    return router
