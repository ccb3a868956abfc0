"""BM25 over hashed terms, of passages and of whole essays, from one set of postings.

A term is a 32-bit hash of its text, so that no vocabulary is kept, several processes may cut text
without agreeing on numbers, and a Milvus server takes the same numbers as columns. Two terms in a
thousand share theirs at two million terms. Of each term are kept the rows that hold it and how
often (`tf`); the formula is applied when a question is asked, so that one set of postings serves
passages and, added up, the essays they belong to. The variant is Lucene's (Kamphuis et al., ECIR
2020):

    score(q, d) = sum over t in q of  idf(t) * tf / (tf + k1 * (1 - b + b * |d| / mean |d|))
    idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged, failing_as
from rag.index.records import UNREADABLE, Rows

Array = NDArray[Any]
Scores = NDArray[np.float32]
Keys = NDArray[np.uint32]
"""One hash a token."""

_MOST_TF = 255  # more often a term is not counted in one passage


def keys_of(terms: Sequence[str]) -> Keys:
    """The hash of each term, shape (n,)."""
    return np.fromiter((zlib.crc32(term.encode()) for term in terms), np.uint32, len(terms))


class Bm25Writer:
    """Collects the tokens of passages and writes their postings into a new folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._size = folder, 0
        self._lengths = [np.zeros(0, np.int32)]
        self._tokens = bytearray()  # each as one number: its term, its row

    def add(self, keys: Keys, lengths: NDArray[np.int32]) -> None:
        """Add the next passages: the hashes of all their tokens, and how many each has."""
        rows = np.arange(self._size, self._size + len(lengths), dtype=np.uint64)
        pairs = keys.astype(np.uint64) << np.uint64(32) | np.repeat(rows, lengths)
        self._tokens += pairs.tobytes()
        self._lengths.append(lengths.astype(np.int32))
        self._size += len(lengths)

    def finish(self) -> None:
        """Sort what was added and write the index."""
        tokens, self._tokens = np.frombuffer(self._tokens, np.uint64), bytearray()
        tokens.sort()
        first = _starts(tokens)  # of each term in each row
        counts = np.diff(first, append=len(tokens))
        tokens = tokens[first]
        terms = (tokens >> np.uint64(32)).astype(np.uint32)
        rows = (tokens & np.uint64(0xFFFFFFFF)).astype(np.int32)
        begins = _starts(terms)
        lengths = np.concatenate(self._lengths)
        made = {
            "keys": terms[begins],
            "starts": np.append(begins, len(terms)),
            "rows": rows,
            "tfs": np.minimum(counts, _MOST_TF).astype(np.uint8),
            "lengths": lengths,
        }
        self._folder.mkdir()
        for name, array in made.items():
            np.save(self._folder / f"{name}.npy", array, allow_pickle=False)


def _starts(values: Array) -> Array:
    """Where each value begins, in an array in which equal ones stand together."""
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    return np.concatenate([np.arange(min(1, len(values))), changes])


class Matches(NamedTuple):
    """What the words of a question are worth to every passage and every essay."""

    passages: Scores  # (n,) BM25 of each passage
    essays: Scores  # (m,) BM25 of each essay


class Bm25:
    """The postings of n passages of m essays; immutable, safe for several threads."""

    def __init__(self, folder: Path, essay_of_row: Rows, k1: float, b: float) -> None:
        """Map the arrays of `folder` into memory; pages are read when a question needs them.

        `essay_of_row`, shape (n,), numbers the essay of each passage. An essay whose passages do
        not stand together (matter around others) counts once a run.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        self._keys = _load(folder, "keys")  # ascending
        self._starts = _load(folder, "starts")  # where the postings of each begin; last, the end
        self._rows, self._tfs = _load(folder, "rows"), _load(folder, "tfs")
        lengths = _load(folder, "lengths")  # of passages, in tokens
        self._essay_of_row = essay_of_row
        self.size, self.essays = len(lengths), int(essay_of_row.max(initial=-1)) + 1
        of_essays = np.bincount(essay_of_row, lengths, self.essays)
        self._norms = _norms(lengths, k1, b)  # (n,)
        self._essay_norms = _norms(of_essays, k1, b)  # (m,)

    def idfs(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Inverse document frequency of each term; an unknown one has the largest there is."""
        low, high = self._spans(terms)
        return _idf(high - low, self.size)

    def match(self, terms: Sequence[str], boosts: Scores) -> Matches:
        """Score all passages and essays; `boosts`, shape (terms,), multiply what a term gives."""
        low, high = self._spans(terms)
        at = np.concatenate([_NO_ROWS, *map(np.arange, low, high)])
        term = np.repeat(np.arange(len(terms)), high - low)
        rows, tfs = self._rows[at], self._tfs[at].astype(np.float32)
        passages = _score(term, rows, tfs, boosts, self._norms)
        essays = _score(*self._of_essays(term, rows, tfs), boosts, self._essay_norms)
        return Matches(passages, essays)

    def weights(self) -> Iterator[dict[int, float]]:
        """Of each passage the hashes of its terms, and what each adds to its BM25."""
        dfs = np.diff(self._starts)
        tfs = self._tfs.astype(np.float32)
        idfs = np.repeat(_idf(dfs, self.size), dfs)
        keys = np.repeat(self._keys, dfs)
        weights = (idfs * tfs / (tfs + self._norms[self._rows])).astype(np.float32)
        order = np.argsort(self._rows, kind="stable")
        ends = np.searchsorted(self._rows[order], np.arange(self.size + 1))
        for low, high in pairwise(ends.tolist()):
            own = order[low:high]
            yield dict(zip(keys[own].tolist(), weights[own].tolist(), strict=True))

    def _spans(self, terms: Sequence[str]) -> tuple[Array, Array]:
        """Where the postings of each term begin and end, shape (terms,); none if unknown."""
        keys = keys_of(terms)
        low = np.searchsorted(self._keys, keys)
        high = np.searchsorted(self._keys, keys, "right")
        return self._starts[low], self._starts[high]

    def _of_essays(self, term: Array, rows: Array, tfs: Scores) -> tuple[Array, Array, Scores]:
        """Add the postings of passages up to those of their essays: term, essay, tf of each."""
        essays = self._essay_of_row[rows]
        first = _starts(term * self.essays + essays)
        whole = np.add.reduceat(tfs, first) if len(first) else tfs
        return term[first], essays[first], whole


_NO_ROWS = np.zeros(0, np.int64)


def _load(folder: Path, name: str) -> Array:
    path = folder / f"{name}.npy"
    with failing_as(IndexDamaged, UNREADABLE, ValueError, EOFError, path=path):
        return np.asarray(np.load(path, "r", allow_pickle=False))


def _score(term: Array, rows: Array, tfs: Scores, boosts: Scores, norms: Scores) -> Scores:
    """Add up in each row what its postings give; each has a term, a row and a `tf`."""
    weights = _idf(np.bincount(term, minlength=len(boosts)), len(norms)) * boosts
    gives = weights[term] * tfs / (tfs + norms[rows])
    return np.bincount(rows, gives, len(norms)).astype(np.float32)


def _idf(df: Array, size: int) -> NDArray[np.float64]:
    df = np.minimum(df, size)  # an essay that counts twice must not make a term speak against
    found: NDArray[np.float64] = np.log1p((size - df + 0.5) / (df + 0.5))
    return found


def _norms(lengths: Array, k1: float, b: float) -> Scores:
    """What is added to `tf` in the denominator for each row."""
    mean = float(lengths.mean()) if len(lengths) else 0.0
    found: Scores = (k1 * (1 - b + b * lengths / (mean or 1.0))).astype(np.float32)
    return found
