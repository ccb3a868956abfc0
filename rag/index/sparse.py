"""Sparse index: BM25 over our own tokens, weighed when it is built, read by memory map.

Every (token, document) pair is scored when the index is built, so that a question only adds
columns of a sparse matrix up (as in Lù, "BM25S", 2024, arXiv:2407.03618). The variant is Lucene's:

    score(q, d) = sum over t in q of  idf(t) * tf / (tf + k1 * (1 - b + b * |d| / mean |d|))
    idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

Four arrays are kept: the weights by column, the row of each weight, where each column starts,
and how many rows and tokens there are. The terms, one a column, are shared with the other indexes
of a generation.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import Growing, mapped
from rag.index.found import Found, Rows, Scores, best
from rag.index.texts import Starts, Terms, Texts

_FILES = {"weights": np.float32, "rows": np.int32}
_CHUNK = 1 << 20  # tokens that are looked at in one go


class ByRow(NamedTuple):
    """The weights of some rows, row after row."""

    starts: Starts  # (rows + 1,), where each row begins
    columns: NDArray[np.int64]  # (number of weights,), ascending in a row: the place of the term
    weights: Scores


class SparseIndex:
    """BM25 weights of n token lists; immutable."""

    def __init__(self, terms: Terms, arrays: dict[str, NDArray[Any]]) -> None:
        self._terms = terms
        self._arrays = arrays
        self._weights: Scores = arrays["weights"]  # (number of weights,)
        self._rows: NDArray[np.int32] = arrays["rows"]  # (number of weights,), ascending a column
        self._starts: Starts = arrays["starts"]  # (number of terms + 1,)
        self.size, self._tokens = arrays["size"].tolist()

    @property
    def mean(self) -> float:
        """Mean length of a row in tokens; 1 where there are none."""
        return _mean(self._tokens, self.size)

    @classmethod
    def build(cls, texts: Texts, *, k1: float, b: float) -> Self:
        """Index texts, one a row; a token that comes twice counts twice."""
        rows = np.arange(len(texts.starts) - 1, dtype=np.int32)
        plan = _Plan(texts, rows, len(rows), k1, b, _mean(len(texts.ids), len(rows)))
        columns = [_Columns.none(), *_columns(plan, len(texts.ids))]
        df, found, weights = (np.concatenate(parts) for parts in zip(*columns, strict=True))
        starts = np.append(0, np.cumsum(df))
        size = np.array([len(rows), len(texts.ids)], np.int64)
        arrays = {"weights": weights, "rows": found, "starts": starts, "size": size}
        return cls(texts.terms, arrays)

    def idf(self, term: str) -> float:
        """Inverse document frequency of `term`; an unknown one has the largest there is."""
        return idf(self.df(term), self.size)

    def df(self, term: str) -> int:
        """Number of rows that hold `term`."""
        column = self._terms.find(term)
        return 0 if column is None else int(self._starts[column + 1] - self._starts[column])

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
        rows = rows.astype(np.int32)  # as they are posted, or each search would convert them all
        for i, term in enumerate(terms):
            posted, weights = self._postings(term)
            if len(posted):
                at = posted.searchsorted(rows)
                at[at == len(posted)] = 0
                table[i] = (posted[at] == rows) * weights[at]
        return table

    def by_row(self, low: int, high: int) -> ByRow:
        """The weights of the rows from `low` to `high`, row after row."""
        at = np.flatnonzero((self._rows >= low) & (self._rows < high))
        columns = np.searchsorted(self._starts, at, side="right") - 1
        order = np.argsort(self._rows[at], kind="stable")
        starts = np.searchsorted(self._rows[at][order], np.arange(low, high + 1))
        return ByRow(starts, columns[order], self._weights[at][order])

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
        names = (*_FILES, "starts", "size")
        return cls(terms, {name: mapped(folder / f"{name}.npy") for name in names})

    def _postings(self, term: str) -> tuple[NDArray[np.int32], Scores]:
        """The rows that hold `term`, ascending, and its weight in each."""
        column = self._terms.find(term)
        if column is None:
            return self._rows[:0], self._weights[:0]
        span = slice(self._starts[column], self._starts[column + 1])
        return self._rows[span], self._weights[span]


def idf(df: int, size: int) -> float:
    """Inverse document frequency of a term that `df` of `size` rows hold."""
    return math.log1p((size - df + 0.5) / (df + 0.5))


def write_sparse(
    folder: Path,
    texts: Texts,
    rows: NDArray[np.int32],
    size: int,
    *,
    k1: float,
    b: float,
    mean: float | None = None,
    at_once: int,
    progress: Callable[[int], None] = lambda terms: None,
) -> None:
    """Write what `SparseIndex.build` makes into the new folder `folder`, bit by bit.

    Text i belongs to row `rows[i]` of `size` rows, to none where that is -1; the texts of a row
    count as one. Their `mean` length is their own where it is not given. So many tokens are sorted
    `at_once`, in eight bytes each; `progress` is told how many terms are done.
    """
    folder.mkdir()
    lengths = np.diff(texts.starts)
    tokens = int(lengths[rows >= 0].sum())
    plan = _Plan(texts, rows, size, k1, b, mean or _mean(tokens, size))
    starts, done = [np.zeros(1, np.int64)], 0
    with (
        Growing(folder / "weights.npy", np.float32) as weights,
        Growing(folder / "rows.npy", np.int32) as found,
    ):
        for columns in _columns(plan, at_once):
            starts.append(columns.df)
            found.append(columns.rows)
            weights.append(columns.weights)
            progress(done := done + len(columns.df))
    np.save(folder / "starts.npy", np.cumsum(np.concatenate(starts)), allow_pickle=False)
    np.save(folder / "size.npy", np.array([size, tokens], np.int64), allow_pickle=False)


def _mean(tokens: int, size: int) -> float:
    return tokens / max(size, 1) or 1


class _Plan(NamedTuple):
    """What is indexed, and the formula's constants."""

    texts: Texts
    rows: NDArray[np.int32]  # (texts,)
    size: int
    k1: float
    b: float
    mean: float  # length of a row

    def chunks(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        """The tokens that belong to a row, some at a time: their terms and their rows."""
        starts = self.texts.starts
        at = 0
        while at < len(self.rows):
            end = int(np.searchsorted(starts, starts[at] + _CHUNK, side="right")) - 1
            end = min(max(end, at + 1), len(self.rows))
            rows = np.repeat(self.rows[at:end], np.diff(starts[at : end + 1]))
            ids = self.texts.ids[starts[at] : starts[end]]
            at = end
            told = rows >= 0
            yield (ids, rows) if told.all() else (ids[told], rows[told])


class _Columns(NamedTuple):
    """The weights of some terms, term after term."""

    df: NDArray[np.int64]  # (terms,), rows that hold each
    rows: NDArray[np.int32]
    weights: Scores

    @classmethod
    def none(cls) -> Self:
        return cls(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))


def _columns(plan: _Plan, at_once: int) -> Iterator[_Columns]:
    """All columns in order, as many at a time as hold `at_once` tokens, one at least."""
    counts = np.zeros(len(plan.texts.terms), np.int64)
    lengths = np.zeros(plan.size, np.int64)
    for ids, rows in plan.chunks():
        counts += np.bincount(ids, minlength=len(counts))
        lengths += np.bincount(rows, minlength=plan.size)
    norm = (plan.k1 * (1 - plan.b + plan.b * lengths / plan.mean)).astype(np.float64)
    ends = np.append(0, np.cumsum(counts))
    for low, high in _runs(ends, at_once):
        keys = _sorted_keys(plan, low, high, int(ends[high] - ends[low]))
        for first, last in _runs(ends[low : high + 1], _CHUNK):
            own = ends[low + first : low + last + 1] - ends[low]
            yield _weighed(keys[own[0] : own[-1]], own - own[0], plan.size, norm)


def _runs(ends: Starts, most: int) -> Iterator[tuple[int, int]]:
    """Part terms, of which term i has the tokens up to `ends[i + 1]`, into runs of `most` tokens.

    A term with more is a run of its own.
    """
    low = 0
    while low < len(ends) - 1:
        high = int(np.searchsorted(ends, ends[low] + most, side="right")) - 1
        high = max(high, low + 1)
        yield low, high
        low = high


def _sorted_keys(plan: _Plan, low: int, high: int, count: int) -> NDArray[np.int64]:
    """The tokens of the terms from `low` to `high`: of each its term, and its row in `_bits`."""
    keys, at = np.empty(count, np.int64), 0
    for ids, rows in plan.chunks():
        here = np.flatnonzero((ids >= low) & (ids < high)) if count < plan.texts.starts[-1] else ...
        ids, rows = ids[here], rows[here]
        keys[at : at + len(ids)] = (ids - np.int64(low)) << _bits(plan.size) | rows
        at += len(ids)
    keys.sort()
    return keys


def _bits(size: int) -> np.int64:
    """How many bits a row needs."""
    return np.int64(size.bit_length())


def _weighed(
    keys: NDArray[np.int64], ends: Starts, size: int, norm: NDArray[np.float64]
) -> _Columns:
    """BM25 of each different key; a term stands as often in a row as its key comes.

    The tokens of term i are those from `ends[i]` to `ends[i + 1]`.
    """
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    columns = np.searchsorted(first, ends)
    df = columns[1:] - columns[:-1]
    idf = np.log1p((size - df + 0.5) / (df + 0.5))
    rows = keys[first] & ((np.int64(1) << _bits(size)) - 1)
    times = np.diff(first, append=len(keys))
    weights = np.repeat(idf, df) * times / (times + norm[rows])
    return _Columns(df, rows.astype(np.int32), weights.astype(np.float32))
