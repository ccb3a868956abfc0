"""Sparse index: BM25 over our own tokens, weighed when it is built, read by memory map.

Every (token, document) pair is scored when the index is built, so that a question only adds
columns of a sparse matrix up (as in Lù, "BM25S", 2024, arXiv:2407.03618). The variant is Lucene's:

    score(q, d) = sum over t in q of  idf(t) * tf / (tf + k1 * (1 - b + b * |d| / mean |d|))
    idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

Four arrays are kept: the weights by column, the row of each weight, where each column starts,
and the terms themselves, sorted, found by binary search in the mapped bytes. scipy is imported
only to build: reading an index must not pay for it.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.found import Found, Rows, Scores, best
from rag.index.texts import Starts, Texts

_FILES = ("weights", "rows", "starts", "terms", "term_starts", "size")
_STEP = 1 << 22  # tokens that are weighed at a time


class SparseIndex:
    """BM25 weights of n token lists; immutable."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._weights: Scores = arrays["weights"]  # (number of weights,)
        self._rows: NDArray[np.int32] = arrays["rows"]  # (number of weights,), ascending a column
        self._starts: NDArray[np.int64] = arrays["starts"]  # (number of terms + 1,)
        self._terms: NDArray[np.uint8] = arrays["terms"]  # UTF-8 of the sorted terms, end to end
        self._term_starts: NDArray[np.int64] = arrays["term_starts"]  # (number of terms + 1,)
        self.size = int(arrays["size"][0])
        self._column = lru_cache(maxsize=4096)(self._find)  # a question asks for a term often

    @classmethod
    def build(cls, texts: Texts, *, k1: float, b: float) -> Self:
        """Index texts, one a row; a token that comes twice counts twice."""
        weights, rows, starts = _weights(texts, k1, b)
        return cls(
            {
                "weights": weights,
                "rows": rows,
                "starts": starts,
                "terms": texts.terms.text,
                "term_starts": texts.terms.starts,
                "size": np.array([len(texts.starts) - 1], np.int64),
            }
        )

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term`; an unknown one has the largest there is."""
        column = self._column(term)
        df = 0 if column is None else int(self._starts[column + 1] - self._starts[column])
        return math.log1p((self.size - df + 0.5) / (df + 0.5))

    def search(
        self,
        terms: Sequence[str],
        k: int,
        rows: Rows | None = None,
        boosts: Scores | None = None,
    ) -> Found:
        """Return the at most k rows of highest BM25 above zero.

        Only `rows` are considered where they are given; unknown terms add nothing. `boosts`, one a
        term, multiplies its weights.

        Raises:
            ValueError: k < 1.
        """
        scores = self.scores(terms, boosts)
        rows = np.flatnonzero(scores) if rows is None else rows[scores[rows] > 0]
        return best(rows, scores[rows], k)

    def scores(self, terms: Sequence[str], boosts: Scores | None = None) -> Scores:
        """BM25 of every row, shape (n,); zero where no term stands."""
        scores = np.zeros(self.size, np.float32)
        for i, term in enumerate(terms):
            rows, weights = self._postings(term)
            scores[rows] += weights if boosts is None else weights * boosts[i]
        return scores

    def weights(self, terms: Sequence[str], rows: Rows) -> Scores:
        """The weight of each term in each row, shape (terms, rows); zero where it is absent."""
        table = np.zeros((len(terms), len(rows)), np.float32)
        for i, term in enumerate(terms):
            posted, weights = self._postings(term)
            if len(posted):
                at = np.minimum(np.searchsorted(posted, rows), len(posted) - 1)
                table[i] = np.where(posted[at] == rows, weights[at], 0)
        return table

    def save(self, folder: Path) -> None:
        """Write the arrays into the new folder `folder`."""
        folder.mkdir()
        for name in _FILES:
            np.save(folder / f"{name}.npy", self._arrays[name], allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the arrays of `folder` into memory; pages are read when a question needs them.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        arrays = {}
        for name in _FILES:
            path = folder / f"{name}.npy"
            try:
                mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError) as error:
                raise IndexDamaged(f"{path} cannot be read: run `rag build` again") from error
            arrays[name] = np.asarray(mapped)  # still mapped; slices of a memmap are slow
        return cls(arrays)

    def _postings(self, term: str) -> tuple[NDArray[np.int32], Scores]:
        """The rows that hold `term`, ascending, and its weight in each."""
        column = self._column(term)
        if column is None:
            return self._rows[:0], self._weights[:0]
        span = slice(self._starts[column], self._starts[column + 1])
        return self._rows[span], self._weights[span]

    def _find(self, term: str) -> int | None:
        """The column of `term`, None for an unknown one."""
        count = len(self._term_starts) - 1
        wanted = term.encode()
        place = bisect_left(range(count), wanted, key=self._term)
        return place if place < count and self._term(place) == wanted else None

    def _term(self, column: int) -> bytes:
        return self._terms[self._term_starts[column] : self._term_starts[column + 1]].tobytes()


def _weights(texts: Texts, k1: float, b: float) -> tuple[Scores, NDArray[np.int32], Starts]:
    """BM25 by column: the weights, the row of each, and where each column starts."""
    size, lengths = len(texts.starts) - 1, np.diff(texts.starts)
    rows, ends = _by_term(texts)
    first = np.ones(len(rows), bool)  # a row stands as often in a column as the term in the row
    first[1:] = rows[1:] != rows[:-1]
    first[ends[:-1][np.diff(ends) > 0]] = True
    kept = int(first.sum())
    weights, places = np.empty(kept, np.float32), np.empty(kept, np.int32)
    starts = np.zeros(len(ends), np.int64)
    norm = k1 * (1 - b + b * lengths / (lengths.mean() or 1)) if size else lengths
    for low, high in _blocks(ends):
        at = np.flatnonzero(first[ends[low] : ends[high]])
        times = np.diff(at, append=ends[high] - ends[low])
        df = np.diff(np.searchsorted(at, ends[low : high + 1] - ends[low]))
        idf = np.repeat(np.log1p((size - df + 0.5) / (df + 0.5)), df)
        starts[low + 1 : high + 1] = starts[low] + np.cumsum(df)
        span = slice(starts[low], starts[high])
        places[span] = rows[ends[low] : ends[high]][at]
        weights[span] = idf * times / (times + norm[places[span]])
    return weights, places, starts


def _by_term(texts: Texts) -> tuple[NDArray[np.int32], Starts]:
    """The row of every token, ascending under each term, and where each term starts."""
    from scipy import sparse

    shape = (len(texts.starts) - 1, len(texts.terms.starts) - 1)
    ones = np.ones(len(texts.ids), np.int8)
    columns = sparse.csr_array((ones, texts.ids, texts.starts), shape).tocsc()
    return columns.indices.astype(np.int32, copy=False), columns.indptr.astype(np.int64)


def _blocks(starts: Starts) -> Iterator[tuple[int, int]]:
    """Half-open ranges of columns that hold about `_STEP` tokens, one column at least."""
    low, last = 0, len(starts) - 1
    while low < last:
        high = int(np.searchsorted(starts, starts[low] + _STEP, side="right")) - 1
        high = min(max(high, low + 1), last)
        yield low, high
        low = high
