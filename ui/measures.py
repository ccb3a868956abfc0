"""All measures: as a table to be filtered and downloaded, and as places by themes."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rag import themes
from rag.errors import BadInput
from rag.index import Records
from rag.tables import MeasureRow, as_bytes, measure_rows, table_of
from rag.themes import Theme
from rag.types import Filters
from ui.access import may_administer
from ui.answers import file
from ui.library import Chosen, chosen
from ui.scope import choices
from ui.site import Site, language

_SHOWN = 500  # rows of a page; the download has all
_SHADES = 4  # of the cells of the map, by count
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OTHER = "-"  # the theme of what has none, in an address

Limits = Annotated[Chosen, Depends(chosen)]


@dataclass(frozen=True, slots=True)
class Cell:
    """How many measures a place has on a theme; `shade` is 0 for none, 1.. the more there are."""

    count: int
    shade: int


class Themed:
    """The measures of the serving index with their themes, made once an index and edit."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rows = lru_cache(maxsize=2)(_all_rows)
        self._found = lru_cache(maxsize=2)(_found_themes)

    @property
    def themes(self) -> tuple[Theme, ...]:
        """The themes of an editor, else those of the corpus."""
        try:
            edited = themes.load(self._site.data)
        except BadInput:
            edited = None
        return edited or self._found(self._rows(self._site.assistant.records))

    def rows(self, filters: Filters) -> tuple[tuple[MeasureRow, str | None], ...]:
        """Return the measures that `filters` lets through with the names of their themes."""
        now, records = self.themes, self._site.assistant.records
        allowed = {essay.essay_id for essay in records.essays_where(filters)}
        return tuple(
            (row, themes.theme_of(now, row.measure.lead, row.section, row.text))
            for row in self._rows(records)
            if row.essay.essay_id in allowed
        )


def routes(site: Site) -> APIRouter:
    """Return the routes under /measures."""
    router, themed = APIRouter(prefix="/measures"), Themed(site)

    def wanted(limits: Chosen, theme: str, text: str) -> list[tuple[MeasureRow, str | None]]:
        return [
            (row, name)
            for row, name in themed.rows(limits.filters)
            if theme in ("", name or _OTHER) and (not text or text in row.text + row.section)
        ]

    @router.get("")
    def table(request: Request, limits: Limits, theme: str = "", text: str = "") -> HTMLResponse:
        rows = wanted(limits, theme, text.strip())
        return site.page(
            request,
            "measures.html",
            "measures",
            rows=rows[:_SHOWN],
            count=len(rows),
            places=len({row.essay.place for row, _ in rows if row.essay.place}),
            choices=choices(site.assistant.records.essays(), language(request)),
            themes=themed.themes,
            chosen=limits,
            theme=theme,
            text=text,
            other=_OTHER,
            query={**_given(limits), "theme": theme, "text": text},
        )

    @router.get("/download.{format}")
    def download(
        limits: Limits, format: Literal["csv", "xlsx"], theme: str = "", text: str = ""
    ) -> Response:
        rows = wanted(limits, theme, text.strip())
        content = as_bytes(table_of(row for row, _ in rows), format)
        return file(content, TYPES[format], f"措施一览.{format}")

    @router.get("/map")
    def places_by_themes(request: Request, problem: str = "") -> HTMLResponse:
        names = [*(theme.name for theme in themed.themes), None]
        counts: dict[tuple[str, str | None], int] = {}
        for row, name in themed.rows(Filters()):
            if row.essay.place:
                key = (row.essay.place, name)
                counts[key] = counts.get(key, 0) + 1
        most = max(counts.values(), default=1)
        places = list(dict.fromkeys(place for place, _ in counts))
        cells = {
            place: [_cell(counts.get((place, name), 0), most) for name in names] for place in places
        }
        return site.page(
            request,
            "map.html",
            "measures",
            names=names,
            cells=cells,
            other=_OTHER,
            edited=themes.write(themed.themes),
            file=themes.FILE_NAME,
            editor=may_administer(request),
            problem=problem,
        )

    @router.post("/themes")
    def edit(request: Request, text: Annotated[str, Form()] = "") -> Response:
        if not may_administer(request):
            raise HTTPException(403)
        try:
            themes.save(site.data, text)
        except BadInput as error:
            return places_by_themes(request, str(error))
        return RedirectResponse("/measures/map", 303)

    return router


def _given(limits: Chosen) -> dict[str, str]:
    return {
        "place": limits.place,
        "author": limits.author,
        "essay": limits.essay_id,
        "date": limits.date,
    }


def _cell(count: int, most: int) -> Cell:
    return Cell(count, -(-count * _SHADES // most))


def _all_rows(records: Records) -> tuple[MeasureRow, ...]:
    return measure_rows(records, Filters())


def _found_themes(rows: tuple[MeasureRow, ...]) -> tuple[Theme, ...]:
    return themes.find_themes([(row.essay.essay_id, row.measure.lead) for row in rows])
