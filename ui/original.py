"""The file that an essay was read from: a page of it as a picture, or its lines, and to be saved.

No path comes from an address: an essay's id leads to its record, and that to the file. What is
shown or given is what the index was made of, byte for byte, or is said to be gone or changed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from rag.errors import BadInput, UnreadableFile
from rag.index import Records
from rag.parallel import Lost, ordered
from rag.reading import content
from rag.reading.archive import members
from rag.settings import Settings
from rag.types import Document, Essay, Line, Span
from ui.access import may_administer, sent_by
from ui.answers import file
from ui.library import Address, page_of
from ui.picture import Sheet, draw
from ui.render import pieces
from ui.search import marked
from ui.site import Site, language

_MAY: dict[str, Callable[[Request], bool]] = {  # by the setting `originals`
    "all": lambda request: True,
    "members": lambda request: sent_by(request) is not None,
    "administrators": may_administer,
    "nobody": lambda request: False,
}
_LINES = 200  # of a page of lines
_SECONDS, _MEMORY = 20.0, 1_000_000_000  # of processor time, and bytes, for one picture


@dataclass(frozen=True, slots=True)
class QuotedParagraph:
    """What an address asks for: an essay, and the part of a paragraph that is quoted."""

    essay: Essay
    document: Document
    pieces: tuple[tuple[int, str], ...]  # line and what of the quote stands on it, in order
    query: dict[str, str | int]  # that asks for the same


def routes(site: Site) -> APIRouter:
    """Return the routes under /library/original; BadInput if the setting `originals` is none."""
    settings, router = site.settings, APIRouter(prefix="/library/original")
    if settings.originals not in _MAY:
        told = "setting originals must be {may}, got {originals!r}"
        raise BadInput(told, may=", ".join(_MAY), originals=settings.originals)

    def quoted(asked: Address) -> QuotedParagraph:
        return _quoted(site.assistant.records, asked.id, asked.p, (asked.start, asked.end))

    asking = Annotated[QuotedParagraph, Depends(quoted)]

    @router.get("")
    def original(
        request: Request, asked: asking, page: Annotated[int, Query(ge=0)] = 0
    ) -> HTMLResponse:
        s, (_, why) = language(request), _data(asked.document, settings)
        return site.page(
            request, "original.html", "library", essay=asked.essay, query=asked.query,
            problem={"": "", "gone": s.original_gone, "changed": s.original_changed}[why],
            may_save=not why and _MAY[settings.originals](request),
            **_shown(asked, page, drawn=not why and asked.document.format == "pdf"),
        )  # fmt: skip

    @router.get("/page.png")
    def picture(asked: asking, page: Annotated[int, Query(ge=1)]) -> Response:
        data, why = _data(asked.document, settings)
        made = None if why else _drawn(Sheet(data, page, _printed(asked, page)))
        if made is None:
            raise HTTPException(404)
        return Response(made, media_type="image/png")

    def allowed(request: Request) -> None:  # asked first: a stranger learns of no essay
        if not _MAY[settings.originals](request):
            raise HTTPException(403)

    @router.get("/file", dependencies=[Depends(allowed)])
    def save(asked: asking) -> Response:
        data, why = _data(asked.document, settings)
        if why:
            raise HTTPException(404)
        answer = file(data, PurePosixPath(asked.document.path).name, "application/octet-stream")
        answer.headers["cache-control"] = "no-store"
        return answer

    return router


def _shown(asked: QuotedParagraph, page: int, *, drawn: bool) -> dict[str, Any]:
    """Return what a page shows: a printed page to be drawn, or lines; page 0 is the quote's."""
    lines, here = asked.document.lines, {number for number, _ in asked.pieces}
    pages = _pages(lines, drawn)
    of_quote = (number for number, line in zip(pages, lines, strict=True) if line.number in here)
    shown = page_of(range(max(pages, default=1)), page or next(of_quote, 1), 1)
    held = () if drawn else lines[(shown.number - 1) * _LINES : shown.number * _LINES]
    return {
        "is_picture": drawn,
        "page": shown,
        "quoted": min(here, default=0),
        "lines": [(line, _marked(line, asked.pieces)) for line in held if line.text.strip()],
    }


def _pages(lines: Sequence[Line], drawn: bool) -> list[int]:
    """Return the page of each line: that of the file, or where lines are shown that of the list."""
    if drawn:
        return [line.page or 1 for line in lines]
    return [at // _LINES + 1 for at in range(len(lines))]


def _quoted(records: Records, essay_id: str, ordinal: int, span: Span) -> QuotedParagraph:
    query: dict[str, str | int] = {"id": essay_id, "p": ordinal or ""}
    quoted: tuple[tuple[int, str], ...] = ()
    try:
        essay = records.essay(essay_id)
        document = records.document(essay.document)
        if ordinal:
            paragraph = records.paragraph(f"{essay_id}.{ordinal}")
            start, end = span if span[0] < span[1] else (0, len(paragraph.text))
            held = ((piece.line, part.strip()) for piece, part in pieces(paragraph, start, end))
            quoted = tuple((line, part) for line, part in held if part)
            query |= {"from": start, "to": end}
    except KeyError:
        raise HTTPException(404) from None
    return QuotedParagraph(essay, document, quoted, query)


def _drawn(sheet: Sheet) -> bytes | None:
    """Return a page as a picture; None where it cannot be drawn, or the file is no PDF."""
    drawing, module = partial(partial, draw), (draw.__module__,)
    (made,) = ordered(drawing, [sheet], 1, lambda _: _SECONDS, _MEMORY, module)
    return None if isinstance(made, Lost) else made


def _data(document: Document, settings: Settings) -> tuple[bytes, Literal["", "gone", "changed"]]:
    """Return the bytes that `document` was read from, or why they cannot be had."""
    corpus = Path(settings.corpus)
    base = corpus.parent if corpus.is_file() else corpus
    parts = PurePosixPath(document.path).parts
    try:
        steps = range(1, len(parts) + 1)
        depth = next(n for n in steps if base.joinpath(*parts[:n]).is_file())
        data = content(base.joinpath(*parts[:depth]), document.path, settings)
        data = _member(data, "/".join(parts[depth:]), settings)
    except (StopIteration, UnreadableFile, OSError):
        return b"", "gone"
    return (data, "") if hashlib.sha256(data).hexdigest() == document.sha256 else (b"", "changed")


def _member(data: bytes, name: str, settings: Settings) -> bytes:
    """Return the file `name` of an archive, or of one in it; the bytes themselves for no name."""
    if not name:
        return data
    for called, inner in members(data, settings):
        rest = name.removeprefix(called)
        if isinstance(inner, bytes) and rest != name and rest[:1] in ("", "/"):
            return _member(inner, rest[1:], settings)
    raise UnreadableFile("{name}: not in the archive any more", name=name)


def _marked(line: Line, pieces: Sequence[tuple[int, str]]) -> Markup:
    """Return a line with what is quoted of it marked: all of it, where its words are other ones."""
    spans = []
    for _, part in (each for each in pieces if each[0] == line.number):
        at = line.text.find(part)
        spans.append((at, at + len(part)) if at >= 0 else (0, len(line.text)))
    return marked(line.text, spans)


def _printed(asked: QuotedParagraph, page: int) -> tuple[tuple[str, str], ...]:
    """Return what to box on a page: its lines that hold the quote, and what of it stands there."""
    here = {line.number: line.text for line in asked.document.lines if line.page == page}
    return tuple((here[number], part) for number, part in asked.pieces if number in here)
