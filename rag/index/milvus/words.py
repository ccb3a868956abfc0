"""The terms of a generation: the column of each in the sparse vectors, and how rare it is."""

import math
import threading
from collections.abc import Iterable, Sequence

from rag.index.milvus.filters import literal
from rag.index.milvus.server import Server

_KEPT = 100_000  # terms that are remembered, unknown ones included


class Terms:
    """Looks terms up, each once; several threads may ask."""

    def __init__(self, server: Server, collection: str, passages: int) -> None:
        self._server = server
        self._collection = collection
        self._passages = passages
        self._known: dict[str, tuple[int | None, int]] = {}
        self._turn = threading.Lock()

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term`; an unknown one has the largest there is."""
        (found,) = self._find([term])
        return math.log1p((self._passages - found[1] + 0.5) / (found[1] + 0.5))

    def columns(self, terms: Sequence[str]) -> list[int | None]:
        """The column of each term; None for an unknown one."""
        return [column for column, _ in self._find(terms)]

    def _find(self, terms: Sequence[str]) -> list[tuple[int | None, int]]:
        """The column of each term, and the number of passages that hold it."""
        with self._turn:
            found = {term: self._known[term] for term in terms if term in self._known}
        if missing := [term for term in dict.fromkeys(terms) if term not in found]:
            found |= self._asked(missing)
            with self._turn:
                if len(self._known) + len(missing) > _KEPT:
                    self._known.clear()
                self._known.update(found)
        return [found[term] for term in terms]

    def _asked(self, terms: Iterable[str]) -> dict[str, tuple[int | None, int]]:
        found: dict[str, tuple[int | None, int]] = dict.fromkeys(terms, (None, 0))
        wanted = ", ".join(map(literal, found))
        for row in self._server.query(
            self._collection, f"term in [{wanted}]", ("term", "column", "df")
        ):
            found[row["term"]] = (int(row["column"]), int(row["df"]))
        return found
