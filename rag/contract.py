"""The JSON shapes that other programs read: an answer, a hit, an essay.

The names of the fields are a contract; a change of one is a breaking change.
"""

from dataclasses import asdict
from typing import cast

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from rag.blocks import Block
from rag.types import Answer, Citation, Essay, Hit, Kind


class EssayJson(TypedDict):
    """The facts of an essay; what its file does not state is null."""

    document: str
    title: str | None
    author: str | None
    office: str | None
    place: str | None
    publication: str | None
    issue: str | None
    date: str | None
    document_number: str | None


class CitationJson(EssayJson):
    """A quote with its paragraph: `text[start:end] == quote`, in code points."""

    number: int
    quote: str
    text: str
    start: int
    end: int
    trail: list[str]
    paragraph: int
    lines: list[int]
    pages: list[int] | None


class CoverageJson(TypedDict):
    """How many of the essays asked about say something; the silent ones by name."""

    essays: int
    matched: int
    silent: list[str]


class AnswerJson(TypedDict):
    """An answer, or a refusal with its reason and the nearest passage."""

    id: str | None
    question: str
    understood: str | None
    kind: Kind
    answer: str
    blocks: list[Block]  # as plain JSON; `type` says what each is
    abstained: bool
    reason: str | None
    citations: list[CitationJson]
    nearest: list[CitationJson]
    coverage: CoverageJson | None
    generation: str
    seconds: dict[str, float]
    note: str | None


class HitJson(EssayJson):
    """A retrieved passage with the ranks that both arms gave it."""

    rank: int
    score: float
    dense_rank: int | None
    sparse_rank: int | None
    passage: str
    text: str


_BLOCKS = TypeAdapter(tuple[Block, ...])


def essay_json(essay: Essay) -> EssayJson:
    """Return the facts of an essay that stand beside each of its quotes."""
    return cast(EssayJson, {name: getattr(essay, name) for name in EssayJson.__annotations__})


def citation_json(citation: Citation) -> CitationJson:
    """Return one citation; `text[start:end] == quote`, `lines` and `pages` are the paragraph's."""
    return {
        "number": citation.number,
        "quote": citation.quote,
        "text": citation.paragraph.text,
        "start": citation.start,
        "end": citation.end,
        **essay_json(citation.essay),
        "trail": list(citation.trail),
        "paragraph": citation.paragraph.ordinal,
        "lines": list(citation.paragraph.lines),
        "pages": list(pages) if (pages := citation.paragraph.pages) else None,
    }


def answer_json(answer: Answer, question_id: str | None = None) -> AnswerJson:
    """Return one answer, as `rag ask --format json` prints it."""
    return {
        "id": question_id,
        "question": answer.question,
        "understood": answer.understood,
        "kind": answer.kind,
        "answer": answer.text,
        "blocks": _BLOCKS.dump_python(answer.blocks, mode="json"),
        "abstained": answer.abstained,
        "reason": answer.reason,
        "citations": [citation_json(citation) for citation in answer.citations],
        "nearest": [citation_json(citation) for citation in answer.nearest],
        "coverage": cast(CoverageJson, asdict(answer.coverage)) if answer.coverage else None,
        "generation": answer.generation,
        "seconds": {step: round(seconds, 4) for step, seconds in answer.seconds.items()},
        "note": answer.note,
    }


def hit_json(hit: Hit, essay: Essay) -> HitJson:
    """Return one retrieved passage with both ranks."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 6),
        "dense_rank": hit.dense_rank,
        "sparse_rank": hit.sparse_rank,
        "passage": hit.passage.passage_id,
        "text": hit.passage.text,
        **essay_json(essay),
    }
