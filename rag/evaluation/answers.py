"""Answers to questions whose passage is known, each asked with that passage and again without.

A file has one object a line: `id`, `question`, `passage` (the `_id` of a document of a BEIR
folder), `answers` (strings, one of which has to be said). All documents of the folder are the
corpus. Trial without its passage, a question has to be refused.
"""

import re
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from rag.encoding import Encoder
from rag.errors import BadInput
from rag.evaluation.beir import Beir
from rag.evaluation.gold import KEPT, likely
from rag.evaluation.measures import auroc, refused_at
from rag.index import FolderStore, Progress, silent, write_generation
from rag.jsonl import read_jsonl
from rag.pipeline import Assistant
from rag.settings import Settings
from rag.types import Filters


@dataclass(frozen=True, slots=True)
class Known:
    """A question with the document that answers it."""

    question: str
    passage: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one question."""

    kind: str
    held: bool  # the first quote holds an answer
    held_any: bool  # some quote does
    right: bool  # the first quote is from the right document
    answered: bool
    likely: float  # that it can be answered, with its passage in the corpus
    refused: bool  # ... without its passage
    likely_without: float
    seconds: float


@dataclass(frozen=True, slots=True)
class CollectionReport:
    """Figures over all questions; shares 0..1, seconds a question."""

    questions: int
    held: float
    held_any: float
    right: float
    by_kind: dict[str, tuple[int, float]]  # how many, and how many of them held
    answered: float  # of all, with their passage
    refused: float  # of all, without it
    auroc: float  # of the probability that a question can be answered
    refused_at_kept: float  # share refused where `KEPT` of what can be answered is
    p50: float
    p95: float


def read_known(path: Path) -> list[Known]:
    """Read a file of questions, `.jsonl` or `.jsonl.gz`.

    Raises:
        BadInput: not there, or a line that is no such question.
    """
    found = list(read_jsonl(path, _known, "an object with question, passage and answers"))
    if not found:
        raise BadInput(f"{path} holds no question")
    return found


def _known(row: Any) -> Known:  # noqa: ANN401 (JSON)
    return Known(str(row["question"]), str(row["passage"]), tuple(map(str, row["answers"])))


def evaluate(
    known: Sequence[Known],
    collection: Beir,
    encoder: Encoder | None,
    settings: Settings,
    progress: Progress = silent,
) -> CollectionReport:
    """Index the collection in a temporary place and ask every question twice.

    Raises:
        BadInput: a question names a document that is not there.
    """
    for one in known:
        if one.passage not in collection.documents:
            raise BadInput(f"the collection has no document {one.passage}: {one.question}")
    with tempfile.TemporaryDirectory() as place:
        index = Path(place)
        made = write_generation(index, collection.outlines(), encoder, settings)
        FolderStore(index).publish(made)
        assistant = Assistant.open(index, replace(settings, store="folder"), encoder)
        asked = []
        for each in _ask_all(known, assistant):
            asked.append(each)
            progress("questions", len(asked), len(known))
        assistant.records.close()
    return _report(asked)


def _ask_all(known: Sequence[Known], assistant: Assistant) -> Iterator[Trial]:
    essays = {essay.document: essay.essay_id for essay in assistant.records.essays()}
    for one in known:
        others = tuple(essay for document, essay in essays.items() if document != one.passage)
        answer = assistant.ask(one.question)
        without = assistant.ask(one.question, filters=Filters(essay_id=others))
        held = [any(_plain(a) in _plain(c.quote) for a in one.answers) for c in answer.citations]
        first = answer.citations[0] if answer.citations else None
        yield Trial(
            kind=answer.kind,
            held=held[:1] == [True],
            held_any=any(held),
            right=first is not None and first.essay.document == one.passage,
            answered=not answer.abstained,
            likely=likely(answer),
            refused=without.abstained,
            likely_without=likely(without),
            seconds=answer.seconds["total"],
        )


def _report(asked: Sequence[Trial]) -> CollectionReport:
    kinds = dict.fromkeys(one.kind for one in asked)
    by_kind = {kind: [one.held for one in asked if one.kind == kind] for kind in kinds}
    can, cannot = [one.likely for one in asked], [one.likely_without for one in asked]
    p50, p95 = np.quantile([one.seconds for one in asked], [0.5, 0.95])
    return CollectionReport(
        questions=len(asked),
        held=fmean(one.held for one in asked),
        held_any=fmean(one.held_any for one in asked),
        right=fmean(one.right for one in asked),
        by_kind={kind: (len(held), fmean(held)) for kind, held in by_kind.items()},
        answered=fmean(one.answered for one in asked),
        refused=fmean(one.refused for one in asked),
        auroc=auroc(can, cannot),
        refused_at_kept=refused_at(KEPT, can, cannot),
        p50=float(p50),
        p95=float(p95),
    )


def _plain(text: str) -> str:
    """Fold `text` for comparing: full width, case and white space do not count."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).lower()
