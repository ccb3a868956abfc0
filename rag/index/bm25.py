"""BM25 over hashed terms, of passages and of whole essays, from one set of postings.

A term is a 32-bit hash of its text, so that no vocabulary is kept, several processes may cut text
without agreeing on numbers, and a Milvus server takes the same numbers as columns. Two terms in a
thousand share theirs at two million terms. Of each term are kept the rows that hold it and how
often (`tf`); the formula is applied when a question is asked, so that one set of postings serves
passages and, added up, the essays they belong to. The variant is Lucene's (Kamphuis et al., ECIR
2020):

    score(q, d) = sum over t in q of  idf(t) * tf / (tf + k1 * (1 - b + b * |d| / mean |d|))
    idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))

Terms and rows are sorted as one 64-bit number, those of a range of terms at a time, so that the
memory of a build does not grow with the corpus.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.records import Rows
from rag.passages import Fields
from rag.words import Tokenizer

Array = NDArray[Any]
Scores = NDArray[np.float32]
Keys = NDArray[np.uint32]
"""One hash a token."""

_FILES = {
    "keys": np.uint32,
    "starts": np.int64,
    "rows": np.int32,
    "tfs": np.uint8,
    "lengths": np.int32,
}
_RANGES = 16  # of terms, by the four leading bits: each is sorted by itself
_TOGETHER = 1 << 20  # tokens that are put to their ranges at a time
_MOST_TF = 255  # more often a term is not counted in one passage
_KNOWN = 1_000_000  # hashes that a process keeps


class _Hashes(dict[str, int]):
    """Term → hash, each worked out once."""

    def __missing__(self, term: str) -> int:
        if len(self) >= _KNOWN:
            self.clear()
        self[term] = key = zlib.crc32(term.encode())
        return key


_hashes = _Hashes()


def keys_of(terms: Sequence[str]) -> Keys:
    """The hash of each term, shape (n,)."""
    return np.fromiter(map(_hashes.__getitem__, terms), np.uint32, len(terms))


def terms(tokenizer: Tokenizer, passages: Iterable[Fields]) -> tuple[Keys, NDArray[np.int32]]:
    """The hashes of all tokens that BM25 counts, and how many each passage has.

    Title, trail and lead are cut apart, so that no pair of characters goes over their borders.
    """
    cut = [
        [
            token
            for part in (each.title, each.trail, each.lead, each.text)
            for token in tokenizer.tokens(part)
        ]
        for each in passages
    ]
    lengths = np.fromiter(map(len, cut), np.int32, len(cut))
    return keys_of(list(chain.from_iterable(cut))), lengths


class Bm25Writer:
    """Collects the tokens of passages and writes their postings into a new folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder, self._size = folder, 0
        self._lengths = [np.zeros(0, np.int32)]
        self._waiting, self._pairs = 0, list[NDArray[np.uint64]]()
        self._open = ExitStack()
        self._ranges = [folder / f"range-{i:02d}" for i in range(_RANGES)]
        self._files = [self._open.enter_context(path.open("wb")) for path in self._ranges]

    def close(self) -> None:
        """Close the files, finished or not."""
        self._open.close()

    def add(self, keys: Keys, lengths: NDArray[np.int32]) -> None:
        """Add the next passages: the hashes of all their tokens, and how many each has."""
        rows = np.arange(self._size, self._size + len(lengths), dtype=np.uint64)
        self._pairs.append(keys.astype(np.uint64) << np.uint64(32) | np.repeat(rows, lengths))
        self._lengths.append(lengths.astype(np.int32))
        self._size += len(lengths)
        self._waiting += len(keys)
        if self._waiting >= _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        """Write what waits to the files of its ranges."""
        pairs = np.concatenate([np.zeros(0, np.uint64), *self._pairs])
        owner = (pairs >> np.uint64(60)).astype(np.uint8)
        ends = np.cumsum(np.bincount(owner, minlength=_RANGES))[:-1]
        parts = np.split(pairs[np.argsort(owner, kind="stable")], ends)
        for file, part in zip(self._files, parts, strict=True):
            file.write(part.tobytes())
        self._waiting, self._pairs = 0, []

    def finish(self) -> None:
        """Sort what was added and write the index; the files of the ranges are removed."""
        self._flush()
        self._open.close()
        keys, dfs = [np.zeros(0, np.uint32)], [np.zeros(1, np.int64)]
        with (
            (self._folder / "rows.bin").open("wb") as rows,
            (self._folder / "tfs.bin").open("wb") as tfs,
        ):
            for path in self._ranges:
                pairs = np.sort(np.fromfile(path, np.uint64))
                path.unlink()
                first = np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]))  # of each (term, row)
                counts = np.diff(first, append=len(pairs))
                terms = (pairs[first] >> np.uint64(32)).astype(np.uint32)
                begins = np.flatnonzero(np.diff(terms, prepend=~terms[:1]))
                keys.append(terms[begins])
                dfs.append(np.diff(begins, append=len(terms)))
                rows.write((pairs[first] & np.uint64(0xFFFFFFFF)).astype(np.int32).tobytes())
                tfs.write(np.minimum(counts, _MOST_TF).astype(np.uint8).tobytes())
        self._save("keys", np.concatenate(keys))
        self._save("starts", np.cumsum(np.concatenate(dfs)))
        self._save("lengths", np.concatenate(self._lengths))
        for name in ("rows", "tfs"):
            path = self._folder / f"{name}.bin"
            self._save(name, np.memmap(path, _FILES[name], "r") if path.stat().st_size else [])
            path.unlink()

    def _save(self, name: str, values: Array | list[int]) -> None:
        array = np.asarray(values, _FILES[name])
        np.save(self._folder / f"{name}.npy", array, allow_pickle=False)


class Matches(NamedTuple):
    """What the words of a question are worth to every passage and every essay."""

    passages: Scores  # (n,) BM25 of each passage
    essays: Scores  # (m,) BM25 of each essay


class Vocabulary:
    """Which terms n passages hold, and in how many each occurs."""

    def __init__(self, folder: Path) -> None:
        """Map the arrays of `folder` into memory; pages are read when a question needs them.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        self._lengths = _load(folder, "lengths")  # of passages, in tokens
        self._keys = _load(folder, "keys")  # ascending
        self._starts = _load(folder, "starts")  # where the postings of each begin; last, the end
        self.size = len(self._lengths)

    def spans(self, terms: Sequence[str]) -> NDArray[np.int64]:
        """Where the postings of each term begin and end, shape (terms, 2); empty if unknown."""
        keys = keys_of(terms)
        at = np.searchsorted(self._keys, keys)
        known = at < len(self._keys)
        known[known] = self._keys[at[known]] == keys[known]
        at[~known] = 0
        spans = np.stack([self._starts[at], self._starts[at + known]], axis=1)
        spans[~known] = 0
        return spans

    def idfs(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Inverse document frequency of each term; an unknown one has the largest there is."""
        spans = self.spans(terms)
        return _idf(spans[:, 1] - spans[:, 0], self.size)


class Bm25(Vocabulary):
    """The postings of n passages of m essays; immutable, safe for several threads."""

    def __init__(self, folder: Path, essay_of_row: Rows, k1: float, b: float) -> None:
        """Map the arrays of `folder` into memory, as `Vocabulary` does.

        `essay_of_row`, shape (n,), numbers the essay of each passage. An essay whose passages do
        not stand together (matter around others) counts once a run.
        """
        super().__init__(folder)
        self._rows, self._tfs = _load(folder, "rows"), _load(folder, "tfs")
        self._essay_of_row, self.essays = essay_of_row, int(essay_of_row.max(initial=-1)) + 1
        of_essays = np.bincount(essay_of_row, self._lengths, self.essays)
        self._norms = _norms(self._lengths, k1, b)  # (n,)
        self._essay_norms = _norms(of_essays, k1, b)  # (m,)

    def match(self, terms: Sequence[str], boosts: Scores) -> Matches:
        """Score all passages and essays; `boosts`, shape (terms,), multiply what a term gives."""
        spans = self.spans(terms)
        at = np.concatenate([_NO_ROWS, *(np.arange(*span) for span in spans)])
        term = np.repeat(np.arange(len(terms)), spans[:, 1] - spans[:, 0])
        rows, tfs = self._rows[at], self._tfs[at].astype(np.float32)
        essay_term, essays, whole = self._of_essays(term, rows, tfs)
        held = np.bincount(essay_term, minlength=len(terms))
        weights = (_idf(spans[:, 1] - spans[:, 0], self.size) * boosts).astype(np.float32)
        of_essays = (_idf(held, self.essays) * boosts).astype(np.float32)
        return Matches(
            _added(rows, weights[term] * tfs / (tfs + self._norms[rows]), self.size),
            _added(
                essays,
                of_essays[essay_term] * whole / (whole + self._essay_norms[essays]),
                self.essays,
            ),
        )

    def vectors(self, *, of_essays: bool) -> Iterator[tuple[Keys, Scores]]:
        """Of each passage, or essay, the hashes of its terms and the BM25 weight of each."""
        dfs = np.diff(self._starts)
        term = np.repeat(np.arange(len(dfs)), dfs)
        owner, tfs, norms = self._rows, self._tfs.astype(np.float32), self._norms
        size = self.size
        if of_essays:
            term, owner, tfs = self._of_essays(term, self._rows, tfs)
            dfs, norms, size = np.bincount(term, minlength=len(dfs)), self._essay_norms, self.essays
        weights = _idf(dfs, size)[term] * tfs / (tfs + norms[owner])
        order = np.argsort(owner, kind="stable")
        ends = np.searchsorted(owner[order], np.arange(size + 1))
        for low, high in pairwise(ends.tolist()):
            own = order[low:high]
            yield self._keys[term[own]], weights[own].astype(np.float32)

    def _of_essays(self, term: Array, rows: Array, tfs: Scores) -> tuple[Array, Array, Scores]:
        """Add the postings of passages up to those of their essays: term, essay, tf of each."""
        essays = self._essay_of_row[rows]
        first = np.flatnonzero(np.diff(term * self.essays + essays, prepend=-1))
        whole = np.add.reduceat(tfs, first) if len(first) else tfs
        return term[first], essays[first], whole


_NO_ROWS = np.zeros(0, np.int64)


def _load(folder: Path, name: str) -> Array:
    try:
        return np.asarray(np.load(folder / f"{name}.npy", "r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise IndexDamaged(f"{folder / name}.npy cannot be read: run `rag build` again") from error


def _added(places: Array, values: Scores, size: int) -> Scores:
    return np.bincount(places, values, size).astype(np.float32)


def _idf(df: Array, size: int) -> NDArray[np.float64]:
    df = np.minimum(df, size)  # an essay that counts twice must not make a term speak against
    found: NDArray[np.float64] = np.log1p((size - df + 0.5) / (df + 0.5))
    return found


def _norms(lengths: Array, k1: float, b: float) -> Scores:
    """What is added to `tf` in the denominator for each row."""
    mean = float(lengths.mean()) if len(lengths) else 0.0
    found: Scores = (k1 * (1 - b + b * lengths / (mean or 1.0))).astype(np.float32)
    return found
