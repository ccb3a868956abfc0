"""The library: all essays, one essay with its outline, search in the text, who else does this."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from rag.errors import RagError
from rag.index import Records
from rag.similar import similar
from rag.types import Essay, Filters, Hit, Measure, Paragraph, Span
from rag.words import STOPWORDS, words
from ui.scope import choices
from ui.site import Site, language, message

_COLUMNS = ("place", "title", "author", "office", "publication", "date", "measures")
_FOUND = 30  # passages of a search


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a table of essays or measures is limited to; empty for no limit."""

    place: str = ""
    author: str = ""
    essay_id: str = ""
    date: str = ""

    @property
    def filters(self) -> Filters:
        """As the records take them."""
        given = {name: getattr(self, name) for name in ("place", "author", "essay_id", "date")}
        return Filters(**{name: (value,) for name, value in given.items() if value})


def chosen(
    place: str = "",
    author: str = "",
    essay_id: Annotated[str, Query(alias="essay")] = "",
    date: str = "",
) -> Chosen:
    """Read the limits of a table from an address."""
    return Chosen(place, author, essay_id, date)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a paragraph in one look."""

    text: str
    measure: Measure | None = None  # whose lead it belongs to
    first: bool = False  # whether the lead begins here
    last: bool = False  # whether it ends here
    marked: bool = False  # whether it belongs to the quote


def routes(site: Site) -> APIRouter:
    """Return the routes under /library."""
    router = APIRouter(prefix="/library")

    @router.get("")
    def essays(
        request: Request,
        place: str = "",
        author: str = "",
        date: str = "",
        q: str = "",
        sort: str = "",
        down: bool = False,
    ) -> HTMLResponse:
        assistant, s = site.assistant.steady(), language(request)
        records = assistant.records
        limits, problem = Chosen(place, author, "", date), ""
        hits: tuple[Hit, ...] = ()
        if q.strip():
            try:
                hits = assistant.search(q, _FOUND, limits.filters)
            except RagError as error:
                problem = message(error, s)
        counts = _counts(records.measures())
        rows = [
            (essay, counts.get(essay.essay_id, 0))
            for essay in records.essays_where(limits.filters)
            if essay.kind == "essay"
        ]
        return site.page(
            request,
            "library.html",
            "library",
            rows=sort_essays(rows, sort, down),
            total=sum(essay.kind == "essay" for essay in records.essays()),
            measures=sum(counts.values()),
            choices=choices(records.essays(), s),
            chosen=limits,
            columns=_COLUMNS,
            sort=sort,
            down=down,
            q=q,
            problem=problem,
            found=[_found(hit, records.essay(hit.passage.essay_id), q, records) for hit in hits],
        )

    @router.get("/essay")
    def essay(
        request: Request,
        id: str,
        p: int = 0,
        start: Annotated[int, Query(alias="from")] = 0,
        end: Annotated[int, Query(alias="to")] = 0,
    ) -> HTMLResponse:
        records = site.assistant.records
        try:
            shown = records.essay(id)
        except KeyError:
            raise HTTPException(404) from None
        measures = records.measures(id)
        paragraphs = [
            (each, tuple(stretches(each, measures, (start, end) if each.ordinal == p else (0, 0))))
            for each in records.paragraphs(id)
        ]
        ordinals = {each.paragraph_id: each.ordinal for each, _ in paragraphs}
        return site.page(
            request,
            "essay.html",
            "library",
            essay=shown,
            paragraphs=paragraphs,
            measures=measures,
            ordinals=ordinals,
        )

    @router.get("/similar")
    def alike(request: Request, measure: str) -> HTMLResponse:
        assistant = site.assistant.steady()
        records = assistant.records
        try:
            own, found = records.measure(measure), similar(assistant, measure)
        except KeyError:
            raise HTTPException(404) from None
        paragraph = records.paragraph(own.paragraph_id)
        return site.page(
            request,
            "similar.html",
            "library",
            own=own,
            essay=records.essay(own.essay_id),
            text=paragraph.text[own.start : own.end],
            ordinal=paragraph.ordinal,
            found=found,
        )

    return router


def stretches(paragraph: Paragraph, measures: Sequence[Measure], quote: Span) -> Iterator[Stretch]:
    """Cut a paragraph where a lead or the quote begins or ends."""
    text = paragraph.text
    leads = [
        (m.start, m.start + len(m.lead), m)
        for m in measures
        if m.paragraph_id == paragraph.paragraph_id
    ]
    a, b = max(0, quote[0]), min(len(text), quote[1])
    cuts = {0, len(text), *(at for lead in leads for at in lead[:2])} | ({a, b} if a < b else set())
    places = sorted(at for at in cuts if 0 <= at <= len(text))
    for start, end in pairwise(places):
        own = next((lead for lead in leads if lead[0] <= start and end <= lead[1]), None)
        yield Stretch(
            text[start:end],
            own[2] if own else None,
            own is not None and start == own[0],
            own is not None and end == own[1],
            a <= start and end <= b and a < b,
        )


def marked(text: str, terms: Sequence[str]) -> Markup:
    """Return `text` as HTML with each of `terms` marked."""
    made, at = Markup(""), 0
    while at < len(text):
        term = next((term for term in terms if text.startswith(term, at)), "")
        made += Markup("<mark>{}</mark>").format(term) if term else escape(text[at])
        at += len(term) or 1
    return made


def _found(hit: Hit, essay: Essay, query: str, records: Records) -> tuple[Hit, Essay, int, Markup]:
    terms = sorted({*query.split(), *words(query)} - STOPWORDS, key=len, reverse=True)
    ordinal = records.paragraph(hit.passage.paragraph_id).ordinal
    return hit, essay, ordinal, marked(hit.passage.text, terms)


def _counts(measures: Sequence[Measure]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for measure in measures:
        counts[measure.essay_id] = counts.get(measure.essay_id, 0) + 1
    return counts


def sort_essays(rows: list[tuple[Essay, int]], column: str, down: bool) -> list[tuple[Essay, int]]:
    """Sort by a column; what it is not stated of comes last. The corpus's order for none."""
    if column == "measures":
        return sorted(rows, key=lambda row: row[1], reverse=down)
    if column not in _COLUMNS:
        return rows
    stated = [row for row in rows if getattr(row[0], column)]
    silent = [row for row in rows if not getattr(row[0], column)]
    return sorted(stated, key=lambda row: str(getattr(row[0], column)), reverse=down) + silent
