"""What the floors above need of an index, wherever it lies: in a folder or on a Milvus server.

A `Store` keeps generations and names the one that serves. A `Snapshot` is one of them, opened:
it answers a question's three searches at once, and says what speaks for each row that they bring
(`candidates`). `Records` are what the answers are made of. Both kinds of store give the
same rows in the same order, by the same weights.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.encoding import Encoder, Vectors
from rag.index.found import Rows, Scores
from rag.index.manifest import Manifest
from rag.types import Document, Essay, Filters, Measure, Paragraph, Passage
from rag.words import Tokenizer

if TYPE_CHECKING:
    from rag.index.writing import Progress

EVERYTHING = Filters()


class Asked(Protocol):
    """A question as different terms with two weights each, shape (terms,)."""

    @property
    def terms(self) -> tuple[str, ...]:
        """What the question is made of."""

    @property
    def boosts(self) -> Scores:
        """What the BM25 of each term is multiplied with."""

    @property
    def shares(self) -> Scores:
        """The part of each term in what is asked."""


class Lists(NamedTuple):
    """The rows that may answer a question, best first."""

    sparse: Rows  # of highest BM25
    dense: Rows  # nearest to the question's vector
    essays: Rows  # the best row of each of the best essays, in the order of the essays


class Evidence(NamedTuple):
    """What speaks for some rows, each of shape (rows,).

    A share is the part of the question's `shares` that stands somewhere.
    """

    essay: Scores  # BM25 of the whole essay
    passage: Scores  # BM25 of the passage with its title and leads
    cosine: Scores  # of the question's and the passage's vectors
    essay_share: Scores  # that stands in the essay
    passage_share: Scores  # in the passage or around it
    opening_share: Scores  # in the essay's title or first sentence
    head_share: Scores  # around the passage: title, sections, lead
    sentence_share: Scores  # in one sentence, at most
    pair_share: Scores  # in two neighbouring sentences, at most


class Pool(NamedTuple):
    """What may answer a question."""

    rows: Rows  # those of all lists, ascending
    lists: Lists
    evidence: Evidence


class Records(Protocol):
    """Essays with all they hold, as the frozen types that went in; safe for several threads."""

    def close(self) -> None:
        """Let go of it; nothing can be asked afterwards."""

    def __hash__(self) -> int:
        """What is made of records is kept by them: they never change."""
        ...

    def documents(self) -> tuple[Document, ...]:
        """All documents with their lines, in the order of the corpus."""
        ...

    def essays(self) -> tuple[Essay, ...]:
        """All essays in the order of the corpus, those of kind "matter" included."""
        ...

    def essay(self, essay_id: str) -> Essay:
        """One essay; KeyError for an unknown id."""
        ...

    def essays_where(self, filters: Filters) -> tuple[Essay, ...]:
        """The essays that `filters` lets through, in the order of the corpus.

        Within one field any value may match, between fields all must. An essay that does not
        state a fact never matches a filter on it.
        """
        ...

    def paragraph(self, paragraph_id: str) -> Paragraph:
        """One paragraph; KeyError for an unknown id."""
        ...

    def paragraphs(self, essay_id: str) -> tuple[Paragraph, ...]:
        """The paragraphs of one essay in reading order."""
        ...

    def measure(self, measure_id: str) -> Measure:
        """One measure; KeyError for an unknown id."""
        ...

    def measures(self, essay_id: str | None = None) -> tuple[Measure, ...]:
        """The measures of one essay, or of all, in reading order."""
        ...

    def passages(self, rows: Iterable[int]) -> tuple[Passage, ...]:
        """The passages of `rows`, in the order given; KeyError outside 0..n-1."""
        ...


class Snapshot(Protocol):
    """One generation, opened; it never changes, and several threads may ask it."""

    @property
    def id(self) -> str:
        """The generation's id."""
        ...

    @property
    def verified(self) -> bool:
        """Whether all of it was read and found whole when it was opened."""
        ...

    @property
    def records(self) -> Records:
        """What the answers are made of."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """Cuts a question as the passages were cut."""
        ...

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term` among the passages."""
        ...

    def idfs(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Inverse document frequency of each term among the passages, shape (terms,)."""
        ...

    def candidates(self, asked: Asked, query: Vectors, pool: int, filters: Filters) -> Pool:
        """Search by words and by vector, `pool` rows or essays each, among what `filters` allow.

        `query`, shape (d,), is the question's unit vector.
        """
        ...


class Store(Protocol):
    """Keeps the generations of one index."""

    def current(self) -> str:
        """The id of the generation that serves; IndexMissing where nothing was built."""
        ...

    def open(
        self, encoder: Encoder, generation_id: str | None = None, most: float = math.inf
    ) -> Snapshot:
        """Open the serving generation, or the one that is named.

        One of more than `most` bytes need not be read whole; it says so in `verified`.

        Raises:
            IndexMissing: nothing was built yet.
            IndexMismatch: it was made by another encoder, tokenizer or format.
            IndexDamaged: a part of it is missing or cannot be read.
        """
        ...

    def publish(
        self, index: Path, generation_id: str, encoder: Encoder, progress: "Progress"
    ) -> str:
        """Make a generation that was written under `index` serve; return its id in this store."""
        ...

    def generations(self) -> tuple[tuple[str, Manifest | None, bool], ...]:
        """Finished ones, oldest first: id, manifest (None if damaged), whether it serves."""
        ...

    def verify(self, generation_id: str) -> tuple[str, ...]:
        """The names of what is damaged in a generation."""
        ...

    def whole_before(self, generation_id: str) -> Iterator[str]:
        """The undamaged generations that are older than one, newest first."""
        ...

    def rollback(self, generation_id: str | None = None) -> str:
        """Make another generation serve, by default the last whole one before; return its id."""
        ...

    def prune(self, keep: int) -> tuple[str, ...]:
        """Remove all but the serving one and the `keep` newest others; return their ids."""
        ...
