"""What every plain page has in common: the templates, the reader's language, the head.

The plain pages are HTML that the server writes whole: they have addresses of their own, can be
printed, and work without a script. The templates escape whatever they are given.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fastapi import Request
from fastapi.responses import HTMLResponse

from rag.audit import Audit
from rag.basket import Basket
from rag.errors import RagError
from rag.history import History
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.users import Logins
from ui.access import user
from ui.render import TEMPLATES, masthead
from ui.strings import NAMES, Strings, chosen
from ui.watch import Watch

_REFUSED = {  # the names of the texts: what is wrong, and what to do next
    400: ("wrong_request", "wrong_request_text"),
    401: ("login_first", "login_first_text"),
    403: ("not_allowed", "not_allowed_text"),
    404: ("not_found", "not_found_text"),
    413: ("too_much", "too_much_text"),
    429: ("too_often", "too_often_text"),
    500: ("broken", "broken_text"),
}
_LINK = re.compile(r'((?:href|src|action)=")/(?!/)')


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages stand on."""

    assistant: Assistant
    history: History
    basket: Basket
    settings: Settings
    logins: Logins
    watch: Watch

    @classmethod
    def open(cls, assistant: Assistant, settings: Settings) -> Self:
        """Return a site over `assistant`; BadInput if nothing can be kept in `settings.data`."""
        data = Path(settings.data)
        watch = Watch(Audit(data, settings))
        return cls(assistant, History(data), Basket(data), settings, Logins(data, settings), watch)

    @property
    def data(self) -> Path:
        """The folder of what users make."""
        return Path(self.settings.data)

    def page(
        self, request: Request, template: str, here: str, status: int = 200, **values: object
    ) -> HTMLResponse:
        """Return the page that `template` makes of `values`; `here` is marked in its head."""
        s = language(request)
        query = {name: value for name, value in request.query_params.items() if name != "lang"}
        head = masthead(s, here, request.scope["path"], query, user(request))
        html = self.html(request, template, masthead=head, **values)
        return HTMLResponse(html, status, {"vary": "Accept-Language, Cookie"})

    def refused(self, request: Request, status: int, why: str = "") -> HTMLResponse:
        """Return the page on a request that is refused; `why` names another text than usual."""
        s = language(request)
        title, text = refusal(status, s, why)
        return self.page(request, "message.html", "", status, title=title, text=text)

    def html(self, request: Request, template: str, **values: object) -> str:
        """Return the HTML that `template` makes of `values`, in the reader's language."""
        made = TEMPLATES.get_template(template).render(s=language(request), **values)
        return self.rooted(made)

    def rooted(self, html: str) -> str:
        """Return HTML of ours, whose links begin with /, with the proxy's prefix before them.

        Text in it cannot be taken for a link, for its quotation marks are escaped.
        """
        root = self.settings.root_path.rstrip("/")
        # as plain text: what is put into a Markup is escaped
        return _LINK.sub(rf"\1{root}/", str(html)) if root else html


def searched(assistant: Assistant, s: Strings) -> str:
    """Return the line that says what is not as usual of an answer's making; "" where all is."""
    told = {"words for now": s.words_for_now, "words: the endpoint failed": s.endpoint_failed}
    otherwise = s.model_silent if assistant.model_silent else ""
    try:
        if assistant.empty:
            return s.nothing_yet
        return told.get(assistant.searching, otherwise)
    except RagError:  # no index answers, which every question is told
        return ""


def problem(error: Exception) -> str:
    """Return the name of the text that tells a reader of `error`: its class's, where it has one.

    >>> from rag.errors import EncoderFailed, IndexBusy
    >>> problem(IndexBusy("")), problem(EncoderFailed(""))
    ('index_busy', 'other_error')
    """
    name = re.sub(r"\B(?=[A-Z])", "_", type(error).__name__).lower()
    return name if name in NAMES else "other_error"


def refusal(status: int, s: Strings, why: str = "") -> tuple[str, str]:
    """Return what is wrong with a request and what to do next, in the reader's language."""
    title, text = _REFUSED.get(status, _REFUSED[400])
    return str(getattr(s, title)), str(getattr(s, why or text))


def message(error: RagError, s: Strings) -> str:
    """Return what went wrong in the reader's language."""
    return str(getattr(s, problem(error)))


def language(request: Request) -> Strings:
    """Return the language that the address names, was switched to, or the browser is set to."""
    named, kept = request.query_params.get("lang"), request.cookies.get("lang")
    return chosen(named, kept, request.headers.get("accept-language", ""))
