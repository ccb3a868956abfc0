"""Tokens → the BM25 weight of every term in every row, worked out when the index is built.

Tokens are sorted by term and row, as many at a time as the build's memory allows; what comes of
it is appended to files. Beside a weight stands in which parts of its row the term is found.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import Growing
from rag.index.found import Scores
from rag.index.texts import Starts, Texts

PARTS = 32  # of a row that are told apart, as bits of a number; the last one holds all that follow
_PART_BITS = 5  # that number one of them
_CHUNK = 1 << 20  # tokens that are looked at in one go

Bits = NDArray[np.uint32]
"""In which parts of its row a term stands, the first part in the lowest bit."""


def write_sparse(
    folder: Path,
    texts: Texts,
    rows: NDArray[np.int32],
    size: int,
    *,
    k1: float,
    b: float,
    mean: float | None = None,
    parts: NDArray[np.uint8] | None = None,
    at_once: int,
    progress: Callable[[int], None] = lambda terms: None,
) -> None:
    """Write what `SparseIndex.build` makes into the new folder `folder`, bit by bit.

    Text i belongs to row `rows[i]` of `size` rows, to none where that is -1; the texts of a row
    count as one. Where parts of a row are told apart, it is part `parts[i]`, below `PARTS`. Their
    `mean` length is their own where it is not given. So many tokens are sorted `at_once`, in eight
    bytes each; `progress` is told how many terms are done.
    """
    folder.mkdir()
    lengths = np.diff(texts.starts)
    tokens = int(lengths[rows >= 0].sum())
    plan = Plan(texts, rows, parts, size, k1, b, mean or mean_length(tokens, size))
    starts, done = [np.zeros(1, np.int64)], 0
    with (
        Growing(folder / "weights.npy", np.float32) as weights,
        Growing(folder / "rows.npy", np.int32) as found,
        Growing(folder / "parts.npy", np.uint32) as bits,
    ):
        for columns in weighed(plan, at_once):
            starts.append(columns.df)
            found.append(columns.rows)
            bits.append(columns.parts)
            weights.append(columns.weights)
            progress(done := done + len(columns.df))
    np.save(folder / "starts.npy", np.cumsum(np.concatenate(starts)), allow_pickle=False)
    np.save(folder / "size.npy", np.array([size, tokens], np.int64), allow_pickle=False)


def mean_length(tokens: int, size: int) -> float:
    """Mean length of a row in tokens; 1 where there are none."""
    return tokens / max(size, 1) or 1


class Plan(NamedTuple):
    """What is indexed, and the formula's constants."""

    texts: Texts
    rows: NDArray[np.int32]  # (texts,)
    parts: NDArray[np.uint8] | None  # (texts,), below `PARTS`
    size: int
    k1: float
    b: float
    mean: float  # length of a row

    def row_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of places, or of keys; what stands above a row stays there."""
        return places if self.parts is None else places >> _PART_BITS

    @property
    def bits(self) -> np.int64:
        """How many bits a row needs, and its part beside it where there are parts."""
        return np.int64(self.size.bit_length() + (0 if self.parts is None else _PART_BITS))

    def chunks(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """The tokens that belong to a row, some at a time: their terms and their places.

        A place is a row, with the part in its lowest bits where there are parts.
        """
        starts, at = self.texts.starts, 0
        while at < len(self.rows):
            end = int(np.searchsorted(starts, starts[at] + _CHUNK, side="right")) - 1
            end = min(max(end, at + 1), len(self.rows))
            places = self.rows[at:end].astype(np.int64)
            if self.parts is not None:
                places = places << _PART_BITS | self.parts[at:end]
            own = np.repeat(places, np.diff(starts[at : end + 1]))
            ids = self.texts.ids[starts[at] : starts[end]]
            at = end
            told = own >= 0
            yield (ids, own) if told.all() else (ids[told], own[told])


class Columns(NamedTuple):
    """The weights of some terms, term after term."""

    df: NDArray[np.int64]  # (terms,), rows that hold each
    rows: NDArray[np.int32]
    weights: Scores
    parts: Bits  # empty where there are none

    @classmethod
    def none(cls) -> Self:
        """The weights of no terms."""
        return cls(
            np.empty(0, np.int64),
            np.empty(0, np.int32),
            np.empty(0, np.float32),
            np.empty(0, np.uint32),
        )


def weighed(plan: Plan, at_once: int) -> Iterator[Columns]:
    """All columns in order, as many at a time as hold `at_once` tokens, one at least."""
    counts = np.zeros(len(plan.texts.terms), np.int64)
    lengths = np.zeros(plan.size, np.int64)
    for ids, places in plan.chunks():
        counts += np.bincount(ids, minlength=len(counts))
        lengths += np.bincount(plan.row_of(places), minlength=plan.size)
    norm = (plan.k1 * (1 - plan.b + plan.b * lengths / plan.mean)).astype(np.float64)
    ends = np.append(0, np.cumsum(counts))
    for low, high in _runs(ends, at_once):
        keys = _sorted_keys(plan, low, high, int(ends[high] - ends[low]))
        for first, last in _runs(ends[low : high + 1], _CHUNK):
            own = ends[low + first : low + last + 1] - ends[low]
            yield _columns(keys[own[0] : own[-1]], own - own[0], plan, norm)


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


def _sorted_keys(plan: Plan, low: int, high: int, count: int) -> NDArray[np.int64]:
    """The tokens of the terms from `low` to `high`: of each its term, and its place in `bits`."""
    keys, at = np.empty(count, np.int64), 0
    for ids, places in plan.chunks():
        here = np.flatnonzero((ids >= low) & (ids < high)) if count < plan.texts.starts[-1] else ...
        ids, places = ids[here], places[here]
        keys[at : at + len(ids)] = (ids - np.int64(low)) << plan.bits | places
        at += len(ids)
    keys.sort()
    return keys


def _columns(
    keys: NDArray[np.int64], ends: Starts, plan: Plan, norm: NDArray[np.float64]
) -> Columns:
    """BM25 of each different term and row; a term stands as often in a row as its keys come.

    The tokens of term i are those from `ends[i]` to `ends[i + 1]`.
    """
    held = plan.row_of(keys)  # beside its term
    first = np.flatnonzero(np.append(True, held[1:] != held[:-1])[: len(keys)])
    columns = np.searchsorted(first, ends)
    df = columns[1:] - columns[:-1]
    idf = np.log1p((plan.size - df + 0.5) / (df + 0.5))
    rows = held[first] & ((np.int64(1) << np.int64(plan.size.bit_length())) - 1)
    times = np.diff(first, append=len(keys))
    weights = np.repeat(idf, df) * times / (times + norm[rows])
    parts = np.empty(0, np.uint32)
    if plan.parts is not None and len(first):
        bits = np.uint32(1) << (keys & (PARTS - 1)).astype(np.uint32)
        parts = np.bitwise_or.reduceat(bits, first)
    return Columns(df, rows.astype(np.int32), weights.astype(np.float32), parts)
