"""Who asks, and which path of the server who may reach. What no rule names, nobody may.

`ui.guard` puts who asks into the request; without accounts that is the one local user, who may do
everything. Held here, too: a page of another site cannot make a reader's browser change anything.
Gradio adds some sixty routes of its own, among them ones that serve files and fetch addresses; the
chat needs the few that are named here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Literal, ParamSpec, TypeVar
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from rag.users import User

P = ParamSpec("P")
T = TypeVar("T")
Who = Literal["anyone", "reader", "admin", "nobody"]
COOKIE = "youju_session"
_NOBODY = User("", "reader")  # on the few pages that need no login
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may reach a path; one that ends in `/*` speaks for all below it."""

    path: str
    who: Who

    def fits(self, path: str) -> bool:
        """Whether the rule speaks for `path`."""
        if self.path.endswith("/*"):
            return path.startswith(self.path[:-1]) and path != self.path[:-1]
        return path == self.path


# the first that fits speaks: what is narrower stands first
_NAMED: dict[Who, str] = {
    "anyone": (  # the first asks the setting `originals`
        "/library/original/file /login /health /ready /ui/* /language/* /favicon.ico /robots.txt"
    ),
    "admin": "/admin /admin/* /measures/themes",
    "reader": (
        "/ /login/end /metrics /library /library/* /measures /measures/*"
        " /verify /verify/* /chat/* /answers/* /basket /basket/* /api /api/* /v1/*"
        " /config /theme.css /assets/* /static/*"
        " /gradio_api/startup-events /gradio_api/info"
    ),
}
RULES = tuple(Rule(path, who) for who, paths in _NAMED.items() for path in paths.split())
NO_RULE = Rule("(none)", "nobody")


def rule_of(path: str) -> Rule:
    """Return the rule that speaks for `path`.

    >>> rule_of("/library/essay").who, rule_of("/gradio_api/file=/etc/passwd").who
    ('reader', 'nobody')
    """
    return next((rule for rule in RULES if rule.fits(path)), NO_RULE)


def allowed(user: User, rule: Rule) -> bool:
    """Whether a rule lets `user` in."""
    return rule.who in ("anyone", "reader") or (rule.who, user.role) == ("admin", "admin")


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
