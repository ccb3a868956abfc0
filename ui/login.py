"""Logging in and out: one page, which is a form to strangers and a way out to the others."""

from contextlib import suppress
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from rag.errors import DataNotWritten
from rag.settings import Settings
from rag.users import User
from ui import access
from ui.limits import Rate
from ui.site import Site, language

_HASHING = 2  # passwords that are checked at once: each takes 64 MiB
_MOST_WAITING = 20  # attempts that wait for their turn
_MINUTE = 60  # seconds
_STRANGER = "(no account)"  # in the audit log, for a name that nobody has


class _Attempts:
    """How often a name may be tried, and from an address.

    An attempt is taken until it is right: others are on their way meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        self.rate = Rate(settings.login_rate)
        self._wrong = Rate(settings.login_failures, settings.lockout_minutes * _MINUTE)

    def take(self, name: str, address: str) -> bool:
        """Take an attempt, if there is one left."""
        return not self._wrong.wait((name, address)) and not self.rate.wait(name)

    def spent(self, name: str, address: str) -> bool:
        """Whether there is none left."""
        return bool(self._wrong.wait((name, address), 0) or self.rate.wait(name, 0))

    def give_back(self, name: str, address: str) -> None:
        """Forget those that were wrong."""
        self._wrong.refill((name, address))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def routes(site: Site) -> APIRouter:
    """Return the routes under /login."""
    router, settings, watch, logins = APIRouter(), site.settings, site.watch, site.logins
    attempts, hashing = _Attempts(settings), CapacityLimiter(_HASHING)
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
        s, address = language(request), _address(request)
        if attempts.rate.wait(address) or hashing.statistics().tasks_waiting >= _MOST_WAITING:
            watch.logged_in(_STRANGER, "too many", address)
            return page(request, to, None, 429, s.login_locked)
        known, epoch = await to_thread.run_sync(logins.account, name, limiter=hashing)
        told = known if epoch is not None else _STRANGER  # a password may have been typed there
        tried = f"{known}/{epoch}"  # a new password begins a new count
        user = None
        if attempts.take(tried, address):
            user = await to_thread.run_sync(logins.check, name, password, limiter=hashing)
        if user is None:
            locked = attempts.spent(tried, address)
            watch.logged_in(told, "locked out" if locked else "refused", address)
            status, problem = (429, s.login_locked) if locked else (401, s.login_wrong)
            return page(request, to, None, status, problem)
        attempts.give_back(tried, address)
        watch.logged_in(user.name, "done", address)
        response = RedirectResponse(access.local_path(to), 303)
        session = await to_thread.run_sync(logins.begin, user, limiter=hashing)
        response.set_cookie(
            access.COOKIE, session, path=f"{root}/", httponly=True, samesite="lax",
            secure=request.url.scheme == "https",
        )  # fmt: skip
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
