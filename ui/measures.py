"""All measures: as a table to be filtered, sorted and downloaded, and as places by themes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag import themes
from rag.errors import BadInput
from rag.index import Generation, Records
from rag.messages import said
from rag.tables import MeasureRow, as_bytes, measure_rows, table_of
from rag.themes import Labels, Theme, ThemeClassifier
from rag.types import Filters
from ui.access import may_administer
from ui.answers import file
from ui.library import Chosen, Limits, ordered, page_of
from ui.scope import choices
from ui.site import Site, language

_PAGE = 50  # rows of a page
_BARE = 8  # characters from which a lead has a text of its own
_COLUMNS = ("place", "section", "lead", "theme")  # that a reader can sort by
_turn = Lock()
_NONE, _OTHER = "-", "~"  # in an address: the theme of a measure without one, and of no measure

Number = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Themed:
    """A measure with what it is about."""

    row: MeasureRow
    labels: Labels

    def on(self, theme: str) -> bool:
        """Whether it is shown under a theme, as an address names it; "" is any."""
        if not self.labels.measure:
            return theme == _OTHER
        return theme in ("", *(self.labels.themes or (_NONE,)))

    def key(self, column: str) -> str:
        """What it is sorted by."""
        told = {"place": self.row.essay.place, "section": self.row.section}
        told |= {"lead": self.row.measure.lead, "theme": "、".join(self.labels.themes)}
        return told.get(column) or ""


def chosen(site: Site) -> tuple[Theme, ...]:
    """Return the themes of an editor, else those that ship."""
    try:
        return themes.load(site.data)
    except BadInput:
        return themes.given()


def labelled(site: Site) -> tuple[Themed, ...]:
    """Return the measures of the serving index in reading order, made once an index and edit."""
    with _turn:  # what takes seconds is not done twice
        return _labelled(site.assistant.opened, chosen(site))


def routes(site: Site) -> APIRouter:
    """Return the routes under /measures."""
    router = APIRouter(prefix="/measures")
    _tables(router, site)
    _map(router, site)
    return router


def _tables(router: APIRouter, site: Site) -> None:
    """Add the routes of the table, as a page and as a file."""

    def wanted(limits: Chosen, theme: str, text: str) -> list[Themed]:
        essays = {e.essay_id for e in site.assistant.records.essays_where(limits.filters)}
        return [
            each
            for each in labelled(site)
            if each.on(theme) and each.row.essay.essay_id in essays
            if text.strip() in each.row.text + each.row.section
        ]

    @router.get("")
    def table(
        request: Request, limits: Limits, theme: str = "", text: str = "", sort: str = "",
        down: bool = False, page: Number = 1,
    ) -> HTMLResponse:  # fmt: skip
        rows = wanted(limits, theme, text)
        if sort in _COLUMNS:
            rows = ordered(rows, lambda each: each.key(sort), down)
        return site.page(
            request, "measures.html", "measures", rows=page_of(rows, page, _PAGE),
            places=len({each.row.essay.place for each in rows if each.row.essay.place}),
            choices=choices(site.assistant.records.essays()),
            themes=chosen(site), chosen=limits, theme=theme, text=text, without=_NONE,
            other=_OTHER, sort=sort, down=down,
            query={**limits.query, "theme": theme, "text": text},
            sorting={"sort": sort, "down": "1" if down else ""},
        )  # fmt: skip

    @router.get("/download.{format}")
    def download(
        limits: Limits, format: Literal["csv", "xlsx"], theme: str = "", text: str = ""
    ) -> Response:
        rows = (each.row for each in wanted(limits, theme, text))
        return file(as_bytes(table_of(rows), format), f"措施一览.{format}")


def _map(router: APIRouter, site: Site) -> None:
    """Add the routes of the map, and of the themes that it is made by."""

    @router.get("/map")
    def places_by_themes(request: Request, page: Number = 1, problem: str = "") -> HTMLResponse:
        total, counts = _counted(labelled(site))
        return site.page(
            request, "map.html", "measures", without=_NONE, counts=counts, total=total,
            names=[*(theme.name for theme in chosen(site)), _NONE],
            most=max(counts.values(), default=1), page=page_of(list(total), page, _PAGE),
            edited=themes.write(chosen(site)),
            file=themes.FILE_NAME, editor=may_administer(request), problem=problem,
        )  # fmt: skip

    @router.post("/themes")
    def edit(request: Request, text: Annotated[str, Form()] = "") -> Response:
        try:
            themes.save(site.data, text)
        except BadInput as error:
            return places_by_themes(request, problem=said(error, language(request).language))
        return RedirectResponse("/measures/map", 303)


def _counted(measures: Iterable[Themed]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Count the measures of each place, and those of each place on each theme."""
    held = [(m.row.essay.place, m.labels) for m in measures if m.labels.measure]
    stated = [(place, labels.themes or (_NONE,)) for place, labels in held if place]
    total = Counter(place for place, _ in stated)
    return total, Counter((place, name) for place, names in stated for name in names)


@lru_cache(maxsize=2)
def _labelled(generation: Generation, chosen: tuple[Theme, ...]) -> tuple[Themed, ...]:
    classifier, records = ThemeClassifier(chosen), generation.records
    vectors = generation.measure_vectors(classifier.encoder)

    def labels(row: MeasureRow) -> Labels:
        lead, vector = row.measure.lead, vectors.get(row.measure.measure_id)
        return classifier.label(lead, _under(row, records), vector)

    return tuple(Themed(row, labels(row)) for row in measure_rows(records, Filters()))


def _under(row: MeasureRow, records: Records) -> str:
    """Return what is said under a lead: there, or where that is all, in the next paragraph."""
    rest = row.text[len(row.measure.lead) :].strip()
    if len(rest) >= _BARE:
        return rest
    try:
        return records.paragraph(f"{row.essay.essay_id}.{row.ordinal + 1}").text
    except KeyError:
        return rest
