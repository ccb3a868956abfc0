"""Who asks, and what they may do: the one place where the rest of the interface looks it up.

`ui.guard` puts who asks into the request; without accounts that is the one local user, who may do
everything. Held here, too: a page of another site cannot make a reader's browser change anything.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from rag.users import User

P = ParamSpec("P")
T = TypeVar("T")
COOKIE = "youju_session"
_NOBODY = User("", "reader")  # on the few pages that need no login
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def sent_by(request: Request) -> User | None:
    """Return who sends `request`, None for a stranger."""
    found: User | None = request.scope.get("user")
    return found


def user(request: Request) -> User:
    """Return who sends `request`; a stranger is nobody, who may do nothing."""
    return sent_by(request) or _NOBODY


def user_of(request: Request) -> str:
    """Return the name of who sends `request`."""
    return user(request).name


def may_administer(request: Request) -> bool:
    """Whether who sends `request` may see and use the administration."""
    return user(request).role == "admin"


def or_404(call: Callable[P, T]) -> Callable[P, T]:
    """Return `call`, which answers 404 where something is not there, or not the user's."""

    @wraps(call)
    def checked(*given: P.args, **named: P.kwargs) -> T:
        try:
            return call(*given, **named)
        except KeyError:
            raise HTTPException(404) from None

    return checked


def from_elsewhere(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site's page makes this request.

    Programs send neither header, and no cookie of ours. Browsers send the first over HTTPS and on
    this machine, else only the second, which a proxy must leave comparable by passing on the Host
    that was asked for. See OWASP, Cross-Site Request Forgery Prevention: Fetch Metadata; Origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"none", "same-origin"}
    origin = headers.get("origin")
    if origin is None:
        return f"{COOKIE}=" in headers.get("cookie", "")
    try:
        return urlsplit(origin).netloc != headers.get("host")
    except ValueError:  # no address at all
        return True


def local_path(to: str) -> str:
    """Return `to` if it leads to a page of this server, else the first page.

    >>> local_path("/library"), local_path("//evil.example"), local_path("https://evil.example")
    ('/library', '/', '/')
    """
    return to if to.startswith("/") and to[1:2] not in ("/", "\\") else "/"
