"""Logging in and out: one page, which is a form to strangers and a way out to the others."""

from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from rag.users import LOCAL
from ui import access
from ui.guard import cookie
from ui.limits import Rate
from ui.site import Site, language

_HASHING = 2  # passwords that are checked at once: each takes 64 MiB
_MOST_WAITING = 20  # attempts that wait for their turn


def routes(site: Site) -> APIRouter:
    """Return the routes under /login."""
    router, settings, watch, logins = APIRouter(), site.settings, site.watch, site.logins
    rate, hashing = Rate(settings.login_rate), CapacityLimiter(_HASHING)
    root = settings.root_path.rstrip("/")

    def page(request: Request, to: str, status: int = 200, problem: str = "") -> Response:
        user = logins.session(cookie(request.headers)) if logins.any() else LOCAL
        return site.page(
            request, "login.html", "", status, user=user, to=access.local_path(to), problem=problem
        )

    @router.get("/login")
    def form(request: Request, to: str = "/") -> Response:
        return page(request, to)

    @router.post("/login")
    async def log_in(
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        to: Annotated[str, Form()] = "/",
    ) -> Response:
        s, address = language(request), request.client.host if request.client else ""
        if rate.wait(address) or hashing.statistics().tasks_waiting >= _MOST_WAITING:
            watch.logged_in(name[:64], "too many", address)
            return page(request, to, 429, s.login_locked)
        user = await to_thread.run_sync(logins.check, name, password, limiter=hashing)
        if user is None:
            locked = logins.locked(name)
            watch.logged_in(name[:64], "locked out" if locked else "refused", address)
            status, problem = (429, s.login_locked) if locked else (401, s.login_wrong)
            return page(request, to, status, problem)
        watch.logged_in(user.name, "done", address)
        response = RedirectResponse(access.local_path(to), 303)
        response.set_cookie(
            access.COOKIE,
            logins.begin(user),
            path=f"{root}/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    @router.post("/login/end")
    def log_out(request: Request) -> Response:
        logins.end(cookie(request.headers))
        watch.note("logout", access.user_of(request))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(access.COOKIE, path=f"{root}/")
        return response

    return router
