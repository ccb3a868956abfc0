"""`/api`: ask, search, and the records, in the JSON that the command line prints."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from rag.contract import AnswerJson, EssayJson, HitJson, answer_json, essay_json, hit_json
from rag.limits import MOST_TURNS
from rag.limits import filters as checked
from rag.pipeline import Assistant
from rag.tables import measure_rows
from rag.types import Answer, Filters
from rag.verify import as_json, verify

MOST_HITS = 100  # that one search brings
Hears = Callable[[Request, Answer], None]
"""Is told of every answer."""
Texts = Annotated[list[str], Field(fail_fast=True)]  # of a list of junk one fault is told


class FilterValues(BaseModel):
    """What limits the essays; of one list any may match, of several lists all must."""

    place: Texts = []
    author: Texts = []
    office: Texts = []
    publication: Texts = []
    issue: Texts = []
    date: Annotated[Texts, Field(description="beginnings of ISO dates: 2022, 2022-10")] = []

    def filters(self) -> Filters:
        """As the library takes them."""
        given = {name: tuple(getattr(self, name)) for name in FilterValues.model_fields}
        return checked(Filters(**given))


class MeasureQuery(FilterValues):
    """What limits the measures."""

    essay: str | None = Field(None, description="the id of the only essay")


class Question(BaseModel):
    """A question, with the earlier ones of the conversation that it may lean on."""

    question: str = Field(examples=["太湖县在人才方面有哪些措施？"])
    history: Texts = Field([], max_length=MOST_TURNS, description="oldest first")
    filters: FilterValues = FilterValues()
    id: str | None = Field(None, description="comes back with the answer")


class Search(BaseModel):
    """What to look for."""

    query: str = Field(examples=["人才驿站"])
    k: int = Field(10, ge=1, le=MOST_HITS, description="passages at most")
    filters: FilterValues = FilterValues()


class DraftText(BaseModel):
    """A draft that is to be held against the essays."""

    text: str = Field(
        max_length=200_000, description="paragraphs, a line each", examples=["坚持严管厚爱。"]
    )


class ListedEssay(EssayJson):
    """An essay, with the id that its page and its measures carry."""

    essay_id: str


class ListedMeasure(TypedDict):
    """A measure: its lead and what stands under it."""

    measure_id: str
    essay_id: str
    place: str | None
    author: str | None
    title: str | None
    document: str
    section: str
    lead: str
    text: str
    level: int
    paragraph: int


def routes(assistant: Assistant, hears: Hears) -> APIRouter:
    """Return the routes under /api."""
    router = APIRouter(prefix="/api")

    @router.post("/ask", summary="Answer a question, with citations")
    def ask(asked: Question, request: Request) -> AnswerJson:
        answer = assistant.ask(asked.question, asked.history, asked.filters.filters())
        hears(request, answer)
        return answer_json(answer, asked.id)

    @router.post("/search", summary="Rank passages")
    def search(wanted: Search) -> list[HitJson]:
        return list_hits(assistant, wanted.query, wanted.k, wanted.filters.filters())

    @router.post("/verify", summary="Hold a draft against the essays, sentence by sentence")
    def check(draft: DraftText) -> dict[str, object]:
        now = assistant.steady()
        return as_json(list(verify(draft.text.splitlines(), now)), now.generation)

    @router.get("/essays", summary="List the essays")
    def essays(limits: Annotated[FilterValues, Query()]) -> list[ListedEssay]:
        return [
            {**essay_json(essay), "essay_id": essay.essay_id}
            for essay in assistant.records.essays_where(limits.filters())
            if essay.kind == "essay"
        ]

    @router.get("/measures", summary="List the measures")
    def measures(limits: Annotated[MeasureQuery, Query()]) -> list[ListedMeasure]:
        only = () if limits.essay is None else (limits.essay,)
        return list_measures(assistant, replace(limits.filters(), essay_id=only))

    return router


def list_hits(
    assistant: Assistant, query: str, k: int, filters: Filters | None = None
) -> list[HitJson]:
    """Return the passages that match best, with their essays."""
    now = assistant.steady()
    hits = now.search(query, k, filters)
    return [hit_json(hit, now.records.essay(hit.passage.essay_id)) for hit in hits]


def list_measures(assistant: Assistant, filters: Filters) -> list[ListedMeasure]:
    """Return the measures of the essays that `filters` lets through, in reading order."""
    return [
        {
            "measure_id": row.measure.measure_id,
            "essay_id": row.essay.essay_id,
            "place": row.essay.place,
            "author": row.essay.author,
            "title": row.essay.title,
            "document": row.essay.document,
            "section": row.section,
            "lead": row.measure.lead,
            "text": row.text,
            "level": row.measure.level,
            "paragraph": row.ordinal,
        }
        for row in measure_rows(assistant.records, filters)
    ]
