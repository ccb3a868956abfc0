"""Who asks, and what they may do: the one place where logins and roles are looked up.

There are no logins yet: everybody is the one local user and may do everything. What is held
already is that a page of another site cannot make a reader's browser change anything here.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL_USER = "local"
_SAFE = {"GET", "HEAD", "OPTIONS"}


def user_of(request: object) -> str:
    """Return the id of who sends `request` (Gradio's or Starlette's)."""
    return LOCAL_USER


def may_administer(request: object) -> bool:
    """Whether who sends `request` may see and use the administration."""
    return True


def from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site's page makes this request.

    Programs send neither header. Browsers send the first over HTTPS and on this machine, else only
    the second, which a proxy must leave comparable by passing on the Host that was asked for. See
    OWASP, Cross-Site Request Forgery Prevention: Fetch Metadata; Origin and Host.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"none", "same-origin"}
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


class SameSiteOnly:
    """Refuses what another site's page would change; reading needs no such care."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 403."""
        changing = scope["type"] == "http" and scope["method"] not in _SAFE
        if changing and from_elsewhere(Headers(scope=scope)):
            refusal = PlainTextResponse("a page of another site may change nothing here\n", 403)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)
