"""One generation on Milvus, opened: the same searches, the same weights, the same order.

Milvus brings a few more rows than are wanted, for it adds up in another order than we do and
leaves the order of equal scores open. What is brought is then scored here: a search with a single
term, limited to some rows, gives that term's weight in each of them, exactly as it was stored. So
what travels is a number for each term and row, and not the vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.encoding import Vectors
from rag.index.found import Rows, Scores, best
from rag.index.manifest import Manifest
from rag.index.milvus.filters import expression
from rag.index.milvus.records import MilvusRecords
from rag.index.milvus.schema import PLANE
from rag.index.milvus.server import MOST, Server
from rag.index.milvus.words import Terms
from rag.index.parts import part_shares
from rag.index.store import Asked, Evidence, Lists, Pool
from rag.index.weighing import Bits
from rag.types import Filters
from rag.words import Tokenizer

_SPARE = 2  # times as many rows are brought as are wanted
_NEAR = 1e-5  # two float32 sums of the same numbers differ by less, in parts of the larger one
_POOL = 2_500  # rows that one list brings at most: three lists and their essays stay under MOST
_QUERIES = 64  # single terms that are searched at a time

Hit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MilvusSnapshot:
    """What one question needs of a generation; immutable and safe for several threads."""

    id: str
    verified: bool  # whether no row was missing when it was opened
    manifest: Manifest
    records: MilvusRecords
    tokenizer: Tokenizer
    terms: Terms
    width: int  # columns of a plane of `parts`
    server: Server
    passages: str  # names of collections
    essays: str

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term` among the passages."""
        return self.terms.idf(term)

    def idfs(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Inverse document frequency of each term among the passages, shape (terms,)."""
        return np.array([self.terms.idf(term) for term in terms], np.float64)

    def candidates(self, asked: Asked, query: Vectors, pool: int, filters: Filters) -> Pool:
        """Search by words and by vector, `pool` rows or essays each, among what `filters` allow.

        `query`, shape (d,), is the question's unit vector.
        """
        lists = self._lists(asked, query, pool, filters)
        rows = np.unique(np.concatenate(lists))
        return Pool(rows, lists, self._evidence(asked, query, rows))

    def _lists(self, question: Asked, query: Vectors, pool: int, filters: Filters) -> Lists:
        """The three searches."""
        terms, boosts = question.terms, question.boosts
        limits, pool = expression(filters, self.records.numbers), min(pool, _POOL)
        columns = self.terms.columns(terms)
        asked = {
            column: float(boost)
            for column, boost in zip(columns, boosts, strict=True)
            if column is not None and boost > 0
        }
        nearest = self._brought(self.passages, "dense", query, pool, limits)
        vectors = [each["dense"] for each in self._read(nearest, "dense")]
        cosines = np.array(vectors, np.float32).reshape(-1, len(query)) @ query
        lists = Lists(nearest[:0], best(nearest, cosines, pool).rows, nearest[:0])
        if not asked:
            return lists
        score = partial(self._scores, terms=terms, boosts=boosts)
        rows = self._brought(self.passages, "sparse", asked, pool, limits)
        spoken = " and ".join(filter(None, (limits, "passages > 0")))
        essays = self._brought(self.essays, "sparse", asked, pool, spoken)
        chosen = best(essays, score(self.essays, rows=essays), pool).rows
        within = " and ".join(filter(None, (limits, f"essay in {chosen.tolist()}")))
        first, of_essay = self._firsts(asked, within)
        scores = score(self.passages, rows=first)
        order = np.lexsort((first, -scores, of_essay))
        _, firsts = np.unique(of_essay[order], return_index=True)
        return lists._replace(
            sparse=best(rows, score(self.passages, rows=rows), pool).rows,
            essays=first[order][firsts],
        )

    def _evidence(self, asked: Asked, query: Vectors, rows: Rows) -> Evidence:
        """What speaks for `rows`."""
        found = self._read(rows, "essay", "dense")
        essays = np.array([each["essay"] for each in found], np.int64)
        every, place = np.unique(
            np.concatenate([rows, self.records.first_row[essays]]), return_inverse=True
        )
        bits, first = np.split(self._bits(asked.terms, every)[:, place], 2, axis=1)
        numbers, of_row = np.unique(essays, return_inverse=True)
        of_essay = self._weights(self.essays, "sparse", asked.terms, numbers).take(of_row, axis=1)
        of_passage = self._weights(self.passages, "sparse", asked.terms, rows)
        vectors = [each["dense"] for each in found]
        return Evidence(
            _summed(asked.boosts, of_essay),
            _summed(asked.boosts, of_passage),
            np.array(vectors, np.float32).reshape(-1, len(query)) @ query,
            _summed(asked.shares, of_essay > 0),
            *part_shares(asked.shares, bits, first),
        )

    def _brought(self, name: str, field: str, vector: Any, pool: int, limits: str) -> Rows:  # noqa: ANN401 (dense or sparse)
        """The rows that may be among the `pool` best: more where many score alike."""
        limit = min(_SPARE * pool, MOST)
        while True:
            (hits,) = self.server.search(name, field, [vector], limit, limits)
            if len(hits) < limit or limit == MOST or _falls(hits, pool):
                return np.array([_key(hit) for hit in hits], np.int64)
            limit = min(limit * 4, MOST)

    def _firsts(self, asked: dict[int, float], limits: str) -> tuple[Rows, Rows]:
        """The rows that may be the best of their essay, and the essay of each."""
        (hits,) = self.server.search(
            self.passages, "sparse", [asked], MOST, limits, fields=("essay",)
        )
        top: dict[int, float] = {}
        for hit in hits:  # best first
            top.setdefault(hit["entity"]["essay"], hit["distance"])
        near = [hit for hit in hits if hit["distance"] >= top[hit["entity"]["essay"]] * (1 - _NEAR)]
        essays = np.array([hit["entity"]["essay"] for hit in near], np.int64)
        return np.array([_key(hit) for hit in near], np.int64), essays

    def _scores(self, name: str, *, rows: Rows, terms: Sequence[str], boosts: Scores) -> Scores:
        """BM25 of some rows, added up term by term as on one machine."""
        scores = np.zeros(len(rows), np.float32)
        weights = self._weights(name, "sparse", terms, rows)
        for weight, boost in zip(weights, boosts, strict=True):
            scores += weight * boost
        return scores

    def _weights(
        self, name: str, field: str, terms: Sequence[str], rows: Rows, plane: int = 0
    ) -> Scores:
        """What is stored of each term in each row, shape (terms, rows); zero where it is absent."""
        table = np.zeros((len(terms), len(rows)), np.float32)
        places = {row: place for place, row in enumerate(rows.tolist())}
        columns = enumerate(self.terms.columns(terms))
        known = [(i, c + plane * self.width) for i, c in columns if c is not None]
        key = "row" if name == self.passages else "essay"
        limits = f"{key} in {sorted(places)}"
        for at in range(0, len(known) if places else 0, _QUERIES):
            asked = known[at : at + _QUERIES]
            vectors = [{column: 1.0} for _, column in asked]
            found = self.server.search(name, field, vectors, len(places), limits)
            for (i, _), hits in zip(asked, found, strict=True):
                for hit in hits:
                    table[i, places[_key(hit)]] = hit["distance"]
        return table

    def _bits(self, terms: Sequence[str], rows: Rows) -> Bits:
        """In which parts of the passages `rows` the terms stand, shape (terms, rows)."""
        most = max((each["sentences"] for each in self._read(rows, "sentences")), default=0)
        bits = np.zeros((len(terms), len(rows)), np.uint32)
        for plane in range(-(-most // PLANE)):
            own = self._weights(self.passages, "parts", terms, rows, plane)
            bits |= own.astype(np.uint32) << np.uint32(plane * PLANE)
        return bits

    def _read(self, rows: Rows, *fields: str) -> list[Hit]:
        """Some fields of `rows`, in their order."""
        if not len(rows):
            return []
        wanted = rows.tolist()
        found = self.server.query(self.passages, f"row in {sorted(set(wanted))}", ("row", *fields))
        held = {each["row"]: each for each in found}
        return [held[row] for row in wanted]


def _summed(values: Scores, table: NDArray[Any]) -> Scores:
    """Add up the rows of `table`, `values` times, as exactly as `Postings` does."""
    summed: Scores = (values[:, np.newaxis] * table).sum(axis=0, dtype=np.float64)
    return summed.astype(np.float32)


def _falls(hits: Sequence[Hit], pool: int) -> bool:
    """Whether the last hit is surely behind the one at `pool`, however the sums are rounded."""
    least = float(hits[pool - 1]["distance"])
    return bool(hits[-1]["distance"] < least - _NEAR * max(1.0, abs(least)))


def _key(hit: Hit) -> int:
    """The key of a hit's row, under whatever name it stands."""
    return int(next(value for name, value in hit.items() if name not in ("distance", "entity")))
