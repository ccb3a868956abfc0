"""Logging in and out: one page, which is a form to strangers and a way out to the others."""

from contextlib import suppress
from typing import Annotated

from anyio import CapacityLimiter, sleep, to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from rag.errors import DataNotWritten
from rag.users import User
from ui import access
from ui.guard import session_cookie
from ui.limits import Attempts, Rate
from ui.site import Site, language

_HASHING = 2  # passwords that are checked at once: each takes 64 MiB
_MOST_WAITING = 20  # attempts that wait for their turn
_STRANGER = "(no account)"  # in the audit log, for a name that nobody has


def routes(site: Site) -> APIRouter:
    """Return the routes under /login."""
    router, settings, watch, logins = APIRouter(), site.settings, site.watch, site.logins
    rate, hashing = Rate(settings.login_rate), CapacityLimiter(_HASHING)
    attempts, delayed = Attempts(settings), CapacityLimiter(_MOST_WAITING)
    root = settings.root_path.rstrip("/")

    def page(
        request: Request, to: str, user: User | None, status: int = 200, problem: str = ""
    ) -> Response:
        return site.page(
            request, "login.html", "", status, user=user, to=access.local_path(to), problem=problem
        )

    @router.get("/login")
    def form(request: Request, to: str = "/") -> Response:
        return page(request, to, access.sent_by(request))

    @router.post("/login")
    async def log_in(
        request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "",
        to: Annotated[str, Form()] = "/",
    ) -> Response:  # fmt: skip
        s, address = language(request), request.client.host if request.client else ""
        if rate.wait(address) or hashing.statistics().tasks_waiting >= _MOST_WAITING:
            watch.logged_in(_STRANGER, "too many", address)
            return page(request, to, None, 429, s.login_locked)
        known, epoch = await to_thread.run_sync(logins.account, name, limiter=hashing)
        told = known if epoch is not None else _STRANGER  # a password may have been typed there
        tried = f"{known}/{epoch}"  # a new password begins a new count
        seconds = attempts.delay(tried, address)
        full = seconds > 0 and delayed.available_tokens < 1
        if full or attempts.locked(tried, address):
            watch.logged_in(told, "locked out", address)
            return page(request, to, None, 429, s.login_locked)
        if seconds:
            async with delayed:
                await sleep(seconds)
        attempts.failed(tried, address)  # until it is right: others are on their way meanwhile
        user = await to_thread.run_sync(logins.check, name, password, limiter=hashing)
        if user is None:
            locked = attempts.locked(tried, address)
            watch.logged_in(told, "locked out" if locked else "refused", address)
            status, problem = (429, s.login_locked) if locked else (401, s.login_wrong)
            return page(request, to, None, status, problem)
        attempts.succeeded(tried, address)
        watch.logged_in(user.name, "done", address)
        response = RedirectResponse(access.local_path(to), 303)
        session = await to_thread.run_sync(logins.begin, user, limiter=hashing)
        secure = request.url.scheme == "https"
        response.headers.append("set-cookie", session_cookie(session, root, secure))
        return response

    @router.post("/login/end")
    def log_out(request: Request) -> Response:
        with suppress(DataNotWritten):  # the browser forgets it all the same
            logins.end(request.cookies.get(access.COOKIE, ""))
        watch.note("logout", access.user_of(request))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(access.COOKIE, path=f"{root}/")
        return response

    return router
