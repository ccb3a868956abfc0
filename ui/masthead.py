"""The head of every page: the name, the ways to the other pages, the switch of language. Pure."""

from collections.abc import Mapping
from html import escape as _e
from urllib.parse import urlencode

from rag.users import LOCAL, User
from ui.strings import LANGUAGES, Strings

PAGES = ("chat", "library", "measures", "basket", "verify", "admin")
_PATHS = {"chat": "/"}


def masthead(
    s: Strings,
    here: str,
    path: str = "/",
    query: Mapping[str, str] | None = None,
    user: User = LOCAL,
) -> str:
    """Return the head of the page `here`; the switch of language leads to the same page.

    Args:
        s: the interface's language.
        here: one of `PAGES`; anything else marks none.
        path: of the page that is shown.
        query: what its address asks for.
        user: who reads it: a reader is shown no way to the administration.
    """
    links = "".join(
        f'<li><a href="{_PATHS.get(name, f"/{name}")}"{_current(name == here)}>'
        f"{_e(getattr(s, f'page_{name}'))}</a></li>"
        for name in PAGES
        if name != "admin" or user.role == "admin"
    )
    if user.name and user != LOCAL:
        links += f'<li><a href="/login">{_e(user.name)}</a></li>'
    other = next(name for name, each in LANGUAGES.items() if each is not s)
    here_now = f"{path}?{urlencode(query)}" if query else path
    switch = f"/language/{other}?{urlencode({'to': here_now})}"
    content = "conversation" if here == "chat" else "content"
    return (
        f'<div class="bar"><a class="skip" href="#{content}">{_e(s.skip)}</a>'
        f'<p class="name"><a href="/">{_e(s.title)}</a></p>'
        f'<p class="motto">{_e(s.motto)}</p>'
        f'<nav aria-label="{_e(s.pages)}"><ul>{links}</ul></nav>'
        f'<a class="language" lang="{LANGUAGES[other].language}" href="{_e(switch)}">'
        f"{_e(s.other_language)}</a></div>"
    )


def _current(is_here: bool) -> str:
    return ' aria-current="page"' if is_here else ""
