"""The library: all essays, one essay with its outline, search in the text, who else does this."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from rag.index import Records
from rag.similar import similar
from rag.types import Essay, Filters, Measure, Paragraph, Span
from ui.access import or_404
from ui.scope import choices
from ui.search import Exact, exact, near, shown
from ui.site import Site

_COLUMNS = ("place", "title", "author", "office", "publication", "date", "measures")
_ROWS = 20  # of a page
_CHOICES = 200  # names from which on one is written, not chosen from a list
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """Some of many rows."""

    rows: Sequence[T]
    number: int  # from 1
    pages: int
    total: int  # rows of all pages


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an address limits a table of essays or measures to; empty for no limit."""

    place: str = ""
    author: str = ""
    essay_id: Annotated[str, Query(alias="essay")] = ""
    date: str = ""
    publication: str = ""

    @property
    def filters(self) -> Filters:
        """As the records take them."""
        return Filters(**{name: (value,) for name, value in asdict(self).items() if value})

    @property
    def query(self) -> dict[str, str]:
        """As an address has them."""
        return {name.removesuffix("_id"): value for name, value in asdict(self).items()}


Limits = Annotated[Chosen, Depends(Chosen)]


@dataclass(frozen=True, slots=True)
class QuoteAddress:
    """An essay, and where in a paragraph something is quoted, as addresses say it."""

    id: str
    p: int = 0  # the number of the paragraph
    start: Annotated[int, Query(alias="from")] = 0
    end: Annotated[int, Query(alias="to")] = 0


Address = Annotated[QuoteAddress, Depends(QuoteAddress)]


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
    router, counted = APIRouter(prefix="/library"), lru_cache(maxsize=2)(_counts)

    @router.get("")
    def essays(
        request: Request, limits: Limits, q: str = "", sort: str = "",
        down: bool = False, page: Annotated[int, Query(ge=1)] = 1,
    ) -> HTMLResponse:  # fmt: skip
        assistant, searching = site.assistant.steady(), bool(q.strip())
        records = assistant.records
        counts = counted(records)
        essays = () if searching else records.essays_where(limits.filters)
        rows = [(each, counts[each.essay_id]) for each in essays if each.kind == "essay"]
        held = exact(q, records, limits.filters) if searching else Exact((), ())
        taken = page_of(held.rows, page)
        return site.page(
            request, "library.html", "library", rows=page_of(sort_essays(rows, sort, down), page),
            total=sum(essay.kind == "essay" for essay in records.essays()),
            measures=sum(counts.values()), choices=choices(records.essays()), chosen=limits,
            columns=_COLUMNS, sort=sort, down=down, q=q, counts=held.counts,
            taken=taken, found=tuple(shown(taken.rows, q, records)),
            alike=near(q, assistant, limits.filters) if searching and page == 1 else (),
            query={**limits.query, "q": q, "sort": sort, "down": "1" if down else ""},
            writable=_CHOICES,
        )  # fmt: skip

    @router.get("/essay")
    def essay(request: Request, asked: Address) -> HTMLResponse:
        records, span = site.assistant.records, (asked.start, asked.end)
        shown = or_404(records.essay)(asked.id)
        quotes, measures = {asked.p: span}, records.measures(asked.id)
        paragraphs = [
            (each, tuple(stretches(each, measures, quotes.get(each.ordinal, (0, 0)))))
            for each in records.paragraphs(asked.id)
        ]
        return site.page(
            request, "essay.html", "library", essay=shown, paragraphs=paragraphs,
            measures=measures,
        )  # fmt: skip

    @router.get("/similar")
    def alike(request: Request, measure: str) -> HTMLResponse:
        assistant = site.assistant.steady()
        records = assistant.records
        own = or_404(records.measure)(measure)
        paragraph = records.paragraph(own.paragraph_id)
        return site.page(
            request, "similar.html", "library", own=own, essay=records.essay(own.essay_id),
            text=paragraph.text[own.start : own.end], ordinal=paragraph.ordinal,
            found=similar(assistant, measure),
        )  # fmt: skip

    return router


def stretches(paragraph: Paragraph, measures: Sequence[Measure], quote: Span) -> Iterator[Stretch]:
    """Cut a paragraph where a lead or the quote begins or ends."""
    text = paragraph.text
    quoted = range(max(0, quote[0]), min(len(text), quote[1]))
    leads = {
        range(measure.start, measure.start + len(measure.lead)): measure
        for measure in measures
        if measure.paragraph_id == paragraph.paragraph_id
    }
    cuts = {0, len(text)}
    for span in filter(None, (quoted, *leads)):
        cuts |= {span.start, span.stop}
    for start, end in pairwise(sorted(at for at in cuts if at <= len(text))):
        lead = next((span for span in leads if start in span and end <= span.stop), range(0))
        yield Stretch(
            text[start:end],
            leads.get(lead),
            first=bool(lead) and start == lead.start,
            last=end == lead.stop,
            marked=start in quoted,
        )


def page_of(rows: Sequence[T], number: int, size: int = _ROWS) -> ListPage[T]:
    """Return page `number` of `rows`, the last one where there are not so many."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(number, 1), pages)
    return ListPage(rows[(number - 1) * size : number * size], number, pages, len(rows))


def ordered(rows: Sequence[T], key: Callable[[T], Any], down: bool) -> list[T]:
    """Sort rows by a key; those without one come last."""
    stated = sorted((row for row in rows if key(row)), key=key, reverse=down)
    return stated + [row for row in rows if not key(row)]


def _counts(records: Records) -> Counter[str]:
    return Counter(measure.essay_id for measure in records.measures())


def sort_essays(
    rows: Sequence[tuple[Essay, int]], column: str, down: bool
) -> Sequence[tuple[Essay, int]]:
    """Sort by a column; the corpus's order for none."""
    if column not in _COLUMNS:
        return rows
    counted = column == "measures"
    return ordered(rows, lambda row: (row[1],) if counted else getattr(row[0], column), down)
