"""核稿: a draft held against the library in the browser, sentence by sentence.

The judging is `rag.verify`. It goes on behind a page that asks again until it is done. A draft
stays in memory, the last few of whoever sent it, and is not kept on disk.
"""

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePath
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, File, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag.characters import cleaned
from rag.errors import BadInput, RagError
from rag.export import essay_path, provenance
from rag.messages import said
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Citation, Span
from rag.verify import (
    KINDS,
    LABELS,
    Change,
    Judged,
    counts,
    is_word,
    read_draft,
    verify,
    with_comments,
)
from ui.access import or_404, user_of
from ui.answers import file
from ui.library import ListPage, page_of
from ui.search import marked
from ui.site import Site, language, message
from ui.strings import ZH, Strings

_log = logging.getLogger(__name__)
T = TypeVar("T")
_CHARACTERS = 20_000  # of a draft at most
_SENTENCES = 100  # of a page
_LISTED = 100  # sentences that need a look
_NEEDS_A_LOOK = ("changed", "not found")  # in this order
_AT_ONCE = threading.Semaphore(2)  # drafts that are judged; the others wait
_KEPT, _OWN = 30, 3  # drafts, and of one user
_SUFFIXES = (".docx", ".txt", ".md")


@dataclass(eq=False, slots=True)
class CheckedDraft:
    """A draft, and what is known of it by now."""

    user: str
    name: str  # of its file, "" for one that was pasted
    text: list[str]  # its paragraphs
    word: bytes | None  # the Word file that it came as
    judged: list[Judged] = field(default_factory=list)
    problem: RagError | None = None
    done: bool = False
    dropped: bool = False


class Drafts:
    """The drafts of late; for several threads at once."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, CheckedDraft] = OrderedDict()
        self._turn = threading.Lock()

    def add(self, draft: CheckedDraft, assistant: Assistant) -> str:
        """Keep a draft, begin to judge it, and return its id."""
        key = secrets.token_urlsafe(12)
        with self._turn:
            own = [old for old, kept in self._held.items() if kept.user == draft.user]
            for old in own[: max(0, len(own) - _OWN + 1)] or list(self._held)[: 1 - _KEPT]:
                self._held.pop(old).dropped = True
            self._held[key] = draft
        threading.Thread(target=_judge, args=(draft, assistant), daemon=True).start()
        return key

    def get(self, key: str, user: str) -> CheckedDraft:
        """Return a draft of a user's own; KeyError for any other."""
        with self._turn:
            draft = self._held[key]
        if draft.user != user:
            raise KeyError(key)
        return draft


def _judge(draft: CheckedDraft, assistant: Assistant) -> None:
    with _AT_ONCE:
        try:
            for sentence in verify(draft.text, assistant):
                if draft.dropped:
                    return
                draft.judged.append(sentence)
        except RagError as error:
            draft.problem = error
        except Exception as error:
            _log.exception("a draft could not be judged")
            draft.problem = RagError(str(error))
        finally:
            draft.done = True


def routes(site: Site) -> APIRouter:
    """Return the routes under /verify."""
    router, drafts = APIRouter(prefix="/verify"), Drafts()

    def kept(request: Request, key: str) -> CheckedDraft:
        return or_404(drafts.get)(key, user_of(request))

    def form(request: Request, text: str = "", problem: str = "") -> HTMLResponse:
        return site.page(
            request, "verify.html", "verify", 422 if problem else 200, draft=None, text=text,
            problem=problem, most=_CHARACTERS,
            bytes=site.settings.max_draft_bytes, suffixes=",".join(_SUFFIXES),
        )  # fmt: skip

    @router.get("")
    def empty(request: Request) -> HTMLResponse:
        return form(request)

    @router.post("")
    def send(
        request: Request,
        text: Annotated[str, Form()] = "",
        sent: Annotated[UploadFile | None, File(alias="file")] = None,
    ) -> Response:
        try:
            draft = _sent(user_of(request), text, sent, language(request), site.settings)
        except BadInput as error:
            return form(request, text, said(error, language(request).language))
        return RedirectResponse(f"/verify/{drafts.add(draft, site.assistant.steady())}", 303)

    @router.get("/{key}.docx")
    def word(request: Request, key: str) -> Response:
        draft = kept(request, key)
        if not draft.done or draft.problem:
            raise HTTPException(404)
        made = with_comments(draft.word or draft.text, draft.judged)
        return file(made, f"{draft.name}（核稿）.docx".lstrip())

    @router.get("/{key}")
    def result(request: Request, key: str, page: Annotated[int, Query(ge=1)] = 1) -> HTMLResponse:
        draft, s = kept(request, key), language(request)
        problem = message(draft.problem, s) if draft.problem else ""
        return site.page(
            request, "verify.html", "verify", draft=draft, key=key, problem=problem,
            labels=_named(LABELS, s), kinds=_named(KINDS, s), needs=_NEEDS_A_LOOK,
            **_told(draft, page),
        )  # fmt: skip

    return router


def _named(names: Mapping[T, str], s: Strings) -> Mapping[T, str | T]:
    """Return what is shown for verdicts or kinds: in English they stand for themselves."""
    return names if s is ZH else dict(zip(names, names, strict=True))


def _sent(
    user: str, text: str, sent: UploadFile | None, s: Strings, settings: Settings
) -> CheckedDraft:
    """Return the draft that a form holds; BadInput, in the reader's words, if it has none."""
    name, data = "", b""
    draft = cleaned(text).splitlines()
    if sent and sent.filename:
        name = sent.filename
        if text.strip():
            raise BadInput(s.verify_both)
        data = sent.file.read()
        draft = _read(data, name, s, settings)
    if not any(paragraph.strip() for paragraph in draft):
        raise BadInput(s.verify_empty)
    if (count := sum(map(len, draft))) > _CHARACTERS:
        raise BadInput(s.verify_long.format(count=count, most=_CHARACTERS))
    return CheckedDraft(user, PurePath(name).stem, draft, data if is_word(data) else None)


def _read(data: bytes, name: str, s: Strings, settings: Settings) -> list[str]:
    """Return the paragraphs of a draft's file; BadInput, in the reader's words, if it has none."""
    if not name.lower().endswith(_SUFFIXES):
        raise BadInput(s.verify_kind)
    if name.lower().endswith(_SUFFIXES[0]) != is_word(data):
        raise BadInput(s.verify_unreadable)
    if len(data) > settings.max_draft_bytes:
        raise BadInput(s.too_large.format(limit=settings.max_draft_bytes // 1_000_000))
    try:
        return read_draft(data, settings)
    except BadInput:
        raise BadInput(s.verify_unreadable) from None


def _told(draft: CheckedDraft, page: int) -> dict[str, Any]:
    """Return what a page says of a draft; whether it is done is asked once, for it may end now."""
    done = draft.done
    numbered = list(enumerate(draft.judged, 1)) if done else []
    shown: ListPage[tuple[int, Judged]] = page_of(numbered, page, _SENTENCES)
    look = [each for verdict in _NEEDS_A_LOOK for each in numbered if each[1].verdict == verdict]
    return {
        "done": done,
        "counts": {verdict: n for verdict, n in counts(draft.judged).items() if n},
        "page": shown,
        "paragraphs": [
            [_row(*each) for each in of]
            for _, of in groupby(shown.rows, key=lambda each: each[1].paragraph)
        ],
        "look": [(n, -(-n // _SENTENCES), sentence) for n, sentence in look[:_LISTED]],
        "more": max(0, len(look) - _LISTED),
    }


def _row(number: int, judged: Judged) -> dict[str, object]:
    """Return a sentence beside its sources, the words that differ marked on both sides."""
    spans = [(c.start - judged.start, c.end - judged.start) for c in judged.changes if c.draft]
    return {
        "number": number,
        "judged": judged,
        "text": marked(judged.text, spans),
        "sources": [
            (essay_path(c), provenance(c), marked(c.quote, list(_differing(c, judged.changes))))
            for c in judged.sources
        ],
    }


def _differing(citation: Citation, changes: Sequence[Change]) -> Iterator[Span]:
    """Yield where a source has other words than the draft."""
    at = 0
    for change in changes:
        start = citation.quote.find(change.source, at) if change.source else -1
        if start >= 0:
            at = start + len(change.source)
            yield start, at
