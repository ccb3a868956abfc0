"""The log of questions: what was asked, refused and disliked, by day."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from rag.history import Asked
from rag.tables import Table, as_bytes
from ui.answers import file
from ui.render import local_time
from ui.site import Site, language
from ui.strings import Strings

_DAYS = 60  # that are counted
_PAGE = 100  # questions of a page

Only = Literal["", "refused", "failed", "bad", "good"]
From = Annotated[int, Query(alias="from", ge=0)]


def routes(site: Site) -> APIRouter:
    """Return the routes of the log."""
    router, history = APIRouter(prefix="/admin/questions"), site.history
    texts = site.settings.audit_text

    @router.get("")
    def page(request: Request, day: str = "", only: Only = "", at: From = 0) -> HTMLResponse:
        found = history.log(day, only, _PAGE + 1, at)
        return site.page(
            request, "questions.html", "admin", asked=found[:_PAGE], more=len(found) > _PAGE,
            at=at, step=_PAGE, days=history.days(_DAYS), day=day, only=only, texts=texts,
            outcomes=_outcomes(language(request)), keeps=site.settings.history_days,
        )  # fmt: skip

    @router.get("/download.{format}")
    def download(
        request: Request, format: Literal["csv", "xlsx"], day: str = "", only: Only = ""
    ) -> Response:
        s = language(request)
        columns = (s.asked_at, s.account, s.outcome, s.verdict, s.reason, s.question)
        most = len(columns) if texts else columns.index(s.reason)
        rows = (_row(each, s)[:most] for each in history.log(day, only))
        content = as_bytes(Table(columns[:most], tuple(rows)), format)
        return file(content, f"{s.page_questions}.{format}")

    return router


def _outcomes(s: Strings) -> dict[str, str]:
    return {
        "answered": s.answered,
        "refused": s.was_refused,
        "failed": s.not_answered,
        "stopped": s.was_stopped,
        "asked": s.being_answered,
        "good": s.good,
        "bad": s.bad,
    }


def _row(each: Asked, s: Strings) -> tuple[str, ...]:
    names = _outcomes(s)
    verdict = names.get(each.verdict or "", "")
    told = (local_time(each.at), each.user, names[each.outcome], verdict)
    return (*told, each.reason, each.question)
