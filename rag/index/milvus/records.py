"""The records of a generation on Milvus: what the answers are made of.

All essays are read when the generation is opened, as facts; what they hold when it is asked for.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from rag.errors import IndexDamaged
from rag.index import tables
from rag.index.found import Rows
from rag.index.milvus.filters import expression
from rag.index.milvus.schema import collection
from rag.index.milvus.server import Server
from rag.index.milvus.texts import TextTable
from rag.types import Document, Essay, Filters, Measure, Paragraph, Passage

_PASSAGE = ("passage_id", "paragraph_id", "essay_id", "measure_id", "start", "end", "text")


class MilvusRecords:
    """One generation's records, usable from several threads."""

    def __init__(self, server: Server, index: str, generation_id: str) -> None:
        self._server = server
        self._passages = collection(index, generation_id, "passages")
        self._table = collection(index, generation_id, "essays")
        self._texts = TextTable(server, collection(index, generation_id, "texts"))
        rows = sorted(
            server.every(self._table, "", ("essay", "first_row", "record")),
            key=lambda row: int(row["essay"]),
        )
        made = [tables.read(Essay, _row(row["record"])) for row in rows]
        self._essays = {essay.essay_id: essay for essay in made}
        self.numbers = {essay.essay_id: number for number, essay in enumerate(made)}
        self.first_row: Rows = np.array([row["first_row"] for row in rows], np.int64)
        self._held = lru_cache(maxsize=512)(self._read)

    def close(self) -> None:
        """Let go of what was read; the connection is the store's."""
        self._held.cache_clear()

    def documents(self) -> tuple[Document, ...]:
        """All documents with their lines, in the order of the corpus."""
        return tuple(tables.read(Document, _row(text)) for text in self._texts.under("document"))

    def essays(self) -> tuple[Essay, ...]:
        """All essays in the order of the corpus, those of kind "matter" included."""
        return tuple(self._essays.values())

    def essay(self, essay_id: str) -> Essay:
        """One essay; KeyError for an unknown id."""
        return self._essays[essay_id]

    def essays_where(self, filters: Filters) -> tuple[Essay, ...]:
        """The essays that `filters` lets through, in the order of the corpus."""
        limits = expression(filters, self.numbers)
        if not limits:
            return self.essays()
        essays = self.essays()
        found = sorted(row["essay"] for row in self._server.every(self._table, limits, ("essay",)))
        return tuple(essays[number] for number in found)

    def paragraph(self, paragraph_id: str) -> Paragraph:
        """One paragraph; KeyError for an unknown id."""
        held = self.paragraphs(paragraph_id.rpartition(".")[0])
        return {each.paragraph_id: each for each in held}[paragraph_id]

    def paragraphs(self, essay_id: str) -> tuple[Paragraph, ...]:
        """The paragraphs of one essay in reading order."""
        return self._held(essay_id)[0] if essay_id in self.numbers else ()

    def measure(self, measure_id: str) -> Measure:
        """One measure; KeyError for an unknown id."""
        held = self.measures(measure_id.rpartition(".")[0])
        return {each.measure_id: each for each in held}[measure_id]

    def measures(self, essay_id: str | None = None) -> tuple[Measure, ...]:
        """The measures of one essay, or of all, in reading order."""
        if essay_id is not None:
            return self._held(essay_id)[1] if essay_id in self.numbers else ()
        return tuple(each for text in self._texts.under("essay") for each in _essay(text)[1])

    def passages(self, rows: Iterable[int]) -> tuple[Passage, ...]:
        """The passages of `rows`, in the order given; KeyError outside 0..n-1."""
        wanted = [int(row) for row in rows]
        found = self._server.query(
            self._passages, f"row in {sorted(set(wanted))}", ("row", *_PASSAGE)
        )
        known = {int(row["row"]): _passage(row) for row in found}
        return tuple(known[row] for row in wanted)

    def _read(self, essay_id: str) -> tuple[tuple[Paragraph, ...], tuple[Measure, ...]]:
        text = self._texts.read(f"essay/{self.numbers[essay_id]}")
        if text is None:
            raise IndexDamaged(f"the text of {essay_id} is missing on the server: build it again")
        return _essay(text)


def _essay(text: str) -> tuple[tuple[Paragraph, ...], tuple[Measure, ...]]:
    held = json.loads(text)
    return (
        tuple(tables.read(Paragraph, tuple(row)) for row in held["paragraphs"]),
        tuple(tables.read(Measure, tuple(row)) for row in held["measures"]),
    )


def _row(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))


def _passage(row: dict[str, Any]) -> Passage:
    values = {name: row[name] for name in _PASSAGE}
    return Passage(**{**values, "measure_id": values["measure_id"] or None})
