"""Sparse index: BM25 over our own tokens, weighed when it is built, read by memory map.

Every (token, document) pair is scored when the index is built, so that a question only adds
columns of a sparse matrix up (as in Lù, "BM25S", 2024, arXiv:2407.03618). The variant is Lucene's:

    score(q, d) = sum over t in q of  idf(t) * tf / (tf + k1 * (1 - b + b * |d| / mean |d|))
    idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

Five arrays are kept: the weights by column, the row of each weight, in which parts of that row
the term stands, where each column starts, and how many rows and tokens there are. The terms, one a
column, are shared with the other indexes of a generation.

A question's columns are read end to end, for it is numpy's calls that take the time of a small
index, not its numbers.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import mapped
from rag.index.found import Found, Rows, Scores, best
from rag.index.texts import Starts, Terms, Texts
from rag.index.weighing import Bits, Columns, Plan, mean_length, weighed

_FILES = ("weights", "rows", "parts", "starts", "size")


class ByRow(NamedTuple):
    """The weights of some rows, row after row."""

    starts: Starts  # (rows + 1,), where each row begins
    columns: NDArray[np.int64]  # (number of weights,), ascending in a row: the place of the term
    weights: Scores
    parts: Bits  # empty where the index has none


class Postings(NamedTuple):
    """What an index of `size` rows holds of some terms, in no order of use."""

    size: int
    terms: NDArray[np.int64]  # (runs,), which of the terms that were asked for
    lengths: NDArray[np.int64]  # (runs,), how many of what follows belong to each
    rows: NDArray[np.int32]
    weights: Scores
    parts: Bits  # empty where the index has none

    def scores(self, boosts: Scores) -> Scores:
        """The weights of each row's terms, `boosts` times, added up; shape (size,)."""
        added = np.bincount(self.rows, self.weights * self.spread(boosts), self.size)
        return added.astype(np.float32)

    def held(self, shares: Scores) -> Scores:
        """The `shares` of the terms that each row holds, added up; shape (size,)."""
        return np.bincount(self.rows, self.spread(shares), self.size).astype(np.float32)

    def spread(self, values: Scores) -> Scores:
        """Of each weight its term's value."""
        return np.repeat(values[self.terms], self.lengths)

    def bits(self, terms: int, rows: Rows) -> Bits:
        """In which parts of each of `rows` each of so many terms stands, shape (terms, rows)."""
        slots = np.zeros(self.size, np.int32)
        slots[rows] = np.arange(1, len(rows) + 1)  # of a row that comes again, the last
        slot = slots[self.rows]
        at = np.flatnonzero(slot)
        table = np.zeros((terms, len(rows) + 1), np.uint32)
        table[np.repeat(self.terms, self.lengths)[at], slot[at]] = self.parts[at]
        return table.take(slots[rows], axis=1)


class Searched(ABC):
    """BM25 of n rows, from how many hold a term and the weight of each."""

    size: int  # number of rows, n
    mean: float  # length of a row in tokens, 1 where there are none

    @abstractmethod
    def dfs(self, terms: Sequence[str]) -> Rows:
        """Number of rows that hold each term."""

    @abstractmethod
    def postings(self, terms: Sequence[str]) -> Postings:
        """All weights of `terms`; an unknown one has none."""

    def idfs(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Inverse document frequency of each term; an unknown one has the largest there is."""
        df = self.dfs(terms)
        found: NDArray[np.float64] = np.log1p((self.size - df + 0.5) / (df + 0.5))
        return found

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
        rows = np.flatnonzero(scores > 0) if rows is None else rows[scores[rows] > 0]
        return best(rows, scores[rows], k)

    def scores(self, terms: Sequence[str], boosts: Scores | None = None) -> Scores:
        """BM25 of every row, shape (n,); zero where no term stands."""
        boosts = np.ones(len(terms), np.float32) if boosts is None else boosts
        return self.postings(terms).scores(boosts)


class SparseIndex(Searched):
    """BM25 weights of n token lists; immutable."""

    def __init__(self, terms: Terms, arrays: dict[str, NDArray[Any]]) -> None:
        self._terms = terms
        self._arrays = arrays
        self._weights: Scores = arrays["weights"]  # (number of weights,)
        self._rows: NDArray[np.int32] = arrays["rows"]  # (number of weights,), ascending a column
        self._parts: Bits = arrays["parts"]  # (number of weights,), or empty
        self._starts: Starts = arrays["starts"]  # (number of terms + 1,)
        self.size, tokens = arrays["size"].tolist()
        self.mean = mean_length(tokens, self.size)

    @classmethod
    def build(cls, texts: Texts, *, k1: float, b: float) -> Self:
        """Index texts, one a row; a token that comes twice counts twice."""
        rows = np.arange(len(texts.starts) - 1, dtype=np.int32)
        mean = mean_length(len(texts.ids), len(rows))
        plan = Plan(texts, rows, None, len(rows), k1, b, mean)
        columns = [Columns.none(), *weighed(plan, len(texts.ids))]
        df, found, weights, parts = (np.concatenate(each) for each in zip(*columns, strict=True))
        starts = np.append(0, np.cumsum(df))
        size = np.array([len(rows), len(texts.ids)], np.int64)
        arrays = {"weights": weights, "rows": found, "parts": parts, "starts": starts, "size": size}
        return cls(texts.terms, arrays)

    def dfs(self, terms: Sequence[str]) -> Rows:
        """Number of rows that hold each term."""
        columns = self._terms.places(tuple(terms))
        return np.where(columns < 0, 0, self._starts[columns + 1] - self._starts[columns])

    def postings(self, terms: Sequence[str]) -> Postings:
        """All weights of `terms`; an unknown one has none."""
        columns = self._terms.places(tuple(terms))
        known = np.flatnonzero(columns >= 0)
        starts, ends = self._starts[columns[known]], self._starts[columns[known] + 1]
        spans = [slice(*span) for span in zip(starts.tolist(), ends.tolist(), strict=True)]
        arrays = (self._rows, self._weights, self._parts)
        found = (np.concatenate([each[:0], *(each[span] for span in spans)]) for each in arrays)
        return Postings(self.size, known, ends - starts, *found)

    def by_row(self, low: int, high: int) -> ByRow:
        """The weights of the rows from `low` to `high`, row after row."""
        at = np.flatnonzero((self._rows >= low) & (self._rows < high))
        columns = np.searchsorted(self._starts, at, side="right") - 1
        order = np.argsort(self._rows[at], kind="stable")
        at, columns = at[order], columns[order]
        starts = np.searchsorted(self._rows[at], np.arange(low, high + 1))
        parts = self._parts[at] if len(self._parts) else self._parts[:]
        return ByRow(starts, columns, self._weights[at], parts)

    @property
    def width(self) -> int:
        """Number of terms, and of columns."""
        return len(self._terms)

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Every term in the order of the columns, and the number of rows that hold it."""
        return zip(self._terms, np.diff(self._starts).tolist(), strict=True)

    def save(self, folder: Path) -> None:
        """Write the arrays, without the terms, into the new folder `folder`."""
        folder.mkdir()
        for name, array in self._arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, terms: Terms) -> Self:
        """Map the arrays of `folder` into memory; pages are read when a question needs them.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        return cls(terms, {name: mapped(folder / f"{name}.npy") for name in _FILES})
