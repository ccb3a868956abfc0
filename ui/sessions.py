"""Whose each of Gradio's sessions is.

The page makes up the name of its session, and Gradio lets whoever names it read its events and act
in its place. So a session belongs to the user who names it first, and to nobody else.
"""

import json
from collections import deque

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.limits import whole

_IN_BODY = frozenset({"/gradio_api/queue/join", "/gradio_api/cancel"})
_IN_QUERY = "/gradio_api/queue/data"
_IN_PATH = "/gradio_api/heartbeat/"
_NAME = "session_hash"
_MOST = 1000  # sessions of one user that are remembered; the oldest go first
_REFUSED = "没有权限 / the page is of another user: load it again"


class Sessions:
    """Stands behind the guard, which says who asks, and lets nobody into another's session.

    A restart forgets the owners, as Gradio forgets the sessions.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._owners: dict[str, str] = {}
        self._own: dict[str, deque[str]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            try:
                sessions, receive = await _named(scope, receive)
            except HTTPException as error:  # the body is too large
                refusal = JSONResponse({"error": error.detail}, error.status_code)
                return await refusal(scope, receive, send)
            if not all(self._allowed(session, scope["user"].name) for session in sessions):
                return await JSONResponse({"error": _REFUSED}, 403)(scope, receive, send)
        await self._app(scope, receive, send)
        return None

    def _allowed(self, session: str, user: str) -> bool:
        """Whether `user` may name `session`; one that is nobody's is theirs from now on."""
        owner = self._owners.get(session)
        if owner is None:
            self._owners[session] = user
            own = self._own.setdefault(user, deque())
            own.append(session)
            if len(own) > _MOST:  # who makes up many pushes out none of another's
                del self._owners[own.popleft()]
        return owner in (None, user)


async def _named(scope: Scope, receive: Receive) -> tuple[list[str], Receive]:
    """Return the sessions that a request names, and what gives its body once more."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    if path.startswith(_IN_PATH):
        return [path.removeprefix(_IN_PATH)], receive
    if path == _IN_QUERY:
        return QueryParams(scope["query_string"]).getlist(_NAME), receive
    if path not in _IN_BODY:
        return [], receive
    body, again = await whole(receive)
    try:
        session = json.loads(body)[_NAME]
    except (ValueError, LookupError, TypeError, RecursionError):  # Gradio says what is wrong
        session = None
    return [session] if isinstance(session, str) else [], again
