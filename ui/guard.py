"""What every request passes before anything else of the server sees it.

In this order: the path is whole, the host is ours, the rule of the path, nothing from another
site's page, not too large, who asks, may they, not too often. Who asks is put in `scope["user"]`.
What passes holds no control characters or halves of characters, wherever they were put.
"""

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.api import told
from rag.messages import Bilingual, accepted
from rag.settings import Settings
from rag.users import LOCAL, Logins, User
from ui.access import COOKIE, LOOPBACK, Rule, allowed, from_elsewhere, rule_of
from ui.headers import bearer, forwarded, host_name, protect, without_forwarded
from ui.limits import AtATime, Rate, clean, clean_form, limited
from ui.site import refusal
from ui.strings import EN, ZH
from ui.watch import Watch

_log = logging.getLogger("youju.access")
_LOGIN_BYTES = 10_000  # of a name, a password and where to go
_FORM_BYTES = 300_000  # of a form without a file
_AROUND_A_FILE = 100_000  # bytes of a form beside the file in it
_OWN = 8  # requests of one user that are worked on at once: a browser sends six
_LOOKUPS = 4  # requests whose sender is looked up at once
_SAFE = {"GET", "HEAD", "OPTIONS"}
_METHODS = _SAFE | {"POST", "PUT", "PATCH", "DELETE"}
Refused = Callable[[Request, int, str], Response]
"""Makes the page on a refusal: of a request, with a status, for what is called so in the texts."""


@dataclass(slots=True)
class Visit:
    """One request on its way."""

    headers: Headers
    method: str  # "other" for what nobody sends
    path: str  # without the prefix
    rule: Rule
    secure: bool
    began: float
    number: str
    user: User | None = None
    status: int = 0  # of the answer, once it has begun


class _Gone(Exception):
    """The answer cannot be written any more: the client is gone or broke the protocol."""


class Guard:
    """The outermost part of the application."""

    def __init__(
        self, app: ASGIApp, settings: Settings, logins: Logins, watch: Watch, page: Refused
    ) -> None:
        self._app, self._settings, self._logins, self._watch = app, settings, logins, watch
        self._page = page
        self._rate, self._own = Rate(settings.rate), AtATime(_OWN)
        self._root = settings.root_path.rstrip("/")
        self._hosts = {name.strip().lower() for name in settings.hosts.split(",") if name.strip()}
        self._lookups = CapacityLimiter(_LOOKUPS)
        self._asked_for = logins.any()  # at the start: removing the last account opens nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing here uses them
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._visited(scope, receive, send)

    async def _visited(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = self._visit(scope)
        protected = self._protected(send, visit)
        try:
            refusal = await self._refusal(scope, visit)
            if refusal is None:
                await self._passed(scope, receive, protected, visit)
            else:
                await refusal(scope, receive, protected)
        except HTTPException as error:  # the body is too large
            await self._refused(scope, visit, error.status_code)(scope, receive, protected)
        except _Gone:
            _log.info("request %s broke off", visit.number)
        except Exception as error:
            if _is_bug(visit, error) and not visit.status:
                await self._refused(scope, visit, 500)(scope, receive, protected)
        finally:
            self._done(scope, visit)

    def _protected(self, send: Send, visit: Visit) -> Send:
        """Return what sends an answer with the headers that every one has."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                headers = MutableHeaders(scope=message)
                protect(headers, visit.path, visit.rule.who == "anyone", visit.secure)
                headers["x-request-id"] = visit.number
                self._lead(headers)
            try:
                await send(message)
            except Exception as error:  # e.g. of h11, on a request that broke off
                raise _Gone from error

        return protected

    async def _passed(self, scope: Scope, receive: Receive, send: Send, visit: Visit) -> None:
        """Pass a request on without what may not be in it."""
        scope["user"] = visit.user
        without_forwarded(scope)
        scope["query_string"] = clean_form(scope["query_string"])
        kind = visit.headers.get("content-type", "").partition(";")[0].strip().lower()
        async with self._turn(visit):
            await self._app(scope, await clean(limited(receive, self._most(visit)), kind), send)

    def _turn(self, visit: Visit) -> AbstractAsyncContextManager[None]:
        """Return what is entered when a user has not too many under way: threads are few.

        A page that looks at an answer holds none, and its user sends everything else meanwhile.
        """
        if visit.user in (None, LOCAL) or visit.path.startswith("/chat/turns/"):
            return nullcontext()
        return self._own.of(visit.user.name)

    def _lead(self, headers: MutableHeaders) -> None:
        """Put the prefix before a redirect to a path of ours."""
        to = headers.get("location", "")
        if to.startswith("/") and not to.startswith(f"{self._root}/"):
            headers["location"] = self._root + to

    def _visit(self, scope: Scope) -> Visit:
        """Read a request; its path gets the prefix if the proxy took it off."""
        headers, path = Headers(scope=scope), scope["path"]
        if self._root:
            if path == self._root or path.startswith(f"{self._root}/"):
                path = path[len(self._root) :] or "/"
            scope["root_path"], scope["path"] = self._root, self._root + path
        method = scope["method"] if scope["method"] in _METHODS else "other"
        return Visit(
            headers, method, path, rule_of(path), scope["scheme"] == "https",
            time.perf_counter(), secrets.token_hex(8),
        )  # fmt: skip

    async def _refusal(self, scope: Scope, visit: Visit) -> Response | None:
        """Return what to answer instead of passing the request on, None to pass it on."""
        if not _whole(visit.path) or visit.method not in _METHODS:
            return self._refused(scope, visit, 400)
        if not self._ours(scope, visit.headers):
            return self._refused(scope, visit, 403, "unknown_host")
        required = await to_thread.run_sync(self._recognize, visit, limiter=self._lookups)
        if not required and not self._settings.without_logins and forwarded(scope):
            return self._refused(scope, visit, 403, "no_accounts_yet")
        if visit.rule.who == "nobody":
            return self._refused(scope, visit, 404)
        return self._denied(scope, visit)

    def _recognize(self, visit: Visit) -> bool:
        """Look up who asks; return whether a login is asked for at all. Not for the event loop."""
        self._asked_for = self._asked_for or self._logins.any()
        if not self._asked_for:
            visit.user = LOCAL
            return False
        token = bearer(visit.headers)
        if token is not None:
            visit.user = self._logins.by_token(token)
        elif session := cookie_parser(visit.headers.get("cookie", "")).get(COOKIE):
            visit.user = self._logins.session(session)
        return True

    def _denied(self, scope: Scope, visit: Visit) -> Response | None:
        """Return the refusal of what another site sends, a user may not do, or not so often."""
        if visit.method not in _SAFE and from_elsewhere(visit.headers):
            return self._refused(scope, visit, 403, "sent_from_elsewhere")
        if visit.rule.who == "anyone":
            return None
        if visit.user is None:
            return self._sent_to_login(scope, visit)
        if not allowed(visit.user, visit.rule):
            return self._refused(scope, visit, 403)
        if visit.user != LOCAL and (seconds := self._rate.wait(visit.user.name)):
            return self._refused(scope, visit, 429, wait=seconds)
        return None

    def _sent_to_login(self, scope: Scope, visit: Visit) -> Response:
        """Return what a stranger gets: a browser the form, a program a line."""
        wants_page = visit.method == "GET" and "text/html" in visit.headers.get("accept", "")
        if wants_page and bearer(visit.headers) is None:
            return RedirectResponse(f"/login?to={quote(visit.path, safe='/')}", 303)
        return self._refused(scope, visit, 401)

    def _refused(
        self, scope: Scope, visit: Visit, status: int, why: str = "", wait: float = 0
    ) -> Response:
        """Return a page for a person, for a program a line."""
        if "text/html" in visit.headers.get("accept", ""):
            scope["user"] = visit.user
            answer = self._page(Request(scope), status, why)
        else:
            zh, en = (refusal(status, s, why)[1] for s in (ZH, EN))
            named, both = accepted(visit.headers.get("accept-language", "")), f"{zh} / {en}"
            line = Bilingual(en, zh) if named else Bilingual(both)
            answer = told(line, status, visit.headers)
        if status == 401:
            answer.headers["www-authenticate"] = "Bearer"
        if wait:
            answer.headers["retry-after"] = str(int(wait) + 1)
        return answer

    def _ours(self, scope: Scope, headers: Headers) -> bool:
        """Whether the Host header names this server.

        A page of another site could make its own name lead here (DNS rebinding), so without names
        that are set only this machine's and the address that was asked for will do.
        """
        name = host_name(headers)
        if self._hosts:
            return name in self._hosts | LOOPBACK
        asked = (scope.get("server") or ("",))[0].lower()
        return name in LOOPBACK | {self._settings.host.lower(), asked, f"[{asked}]"} - {""}

    def _most(self, visit: Visit) -> int:
        """Return how many bytes a request may have."""
        most = self._settings.max_request_bytes
        if visit.path == "/login":
            most = min(_LOGIN_BYTES, most)
        elif visit.path == "/verify":
            most = self._settings.max_draft_bytes + _AROUND_A_FILE
        elif visit.rule.who == "admin":
            most = self._settings.max_upload_bytes
        form = "urlencoded" in visit.headers.get("content-type", "").lower()
        return min(most, _FORM_BYTES) if form else most

    def _done(self, scope: Scope, visit: Visit) -> None:
        """Count and log a request; never its query, which may hold a question."""
        seconds = time.perf_counter() - visit.began
        self._watch.requested(visit.rule.path, visit.method, visit.status, seconds)
        facts = {
            "request": visit.number,
            "method": visit.method,
            "path": visit.path,
            "status": visit.status,
            "milliseconds": round(seconds * 1000),
            "user": visit.user.name if visit.user else None,
            "address": (scope.get("client") or ("",))[0],
        }
        if visit.rule.who == "admin" and visit.method not in _SAFE:
            name = visit.user.name if visit.user else ""
            self._watch.note("admin", name, path=visit.path, status=visit.status)
        _log.info("%s %s %d", visit.method, visit.path, visit.status, extra=facts)


def _is_bug(visit: Visit, error: Exception) -> bool:
    """Log an error; the user of a bug gets one line, the log the traceback."""
    if isinstance(error.__cause__, HTTPException):  # of Gradio's, after its stream began
        _log.info("request %s: %d in a stream", visit.number, error.__cause__.status_code)
        return False
    _log.error("request %s failed", visit.number, exc_info=error)
    return True


def _whole(path: str) -> bool:
    """Whether a path has nothing that climbs, hides or ends it."""
    steps = path.split("/")
    return (
        path.startswith("/")
        and not {".", ".."} & set(steps)
        and "\\" not in path
        and path.isprintable()
        and "\ufffd" not in path
    )
