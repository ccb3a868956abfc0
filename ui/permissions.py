"""Which path of the server who may reach. What no rule names, nobody may.

Gradio adds some sixty routes of its own, among them ones that serve files and fetch addresses.
The chat needs the few that are named here.
"""

from dataclasses import dataclass
from typing import Literal

from rag.users import User

Who = Literal["anyone", "reader", "admin", "nobody"]


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
