"""Token lists as numbers: each term counted once, its place in the sorted vocabulary everywhere.

The indexes of sentences, passages and essays are made of the same tokens, so these are cut and
numbered once, and lie in a file: a build holds the vocabulary in memory, not the corpus.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import Growing, mapped
from rag.numbering import Tokens, numbers, places

Starts = NDArray[np.int64]
"""Where each of n things begins in what they lie in end to end, and the end: shape (n + 1,)."""

_STEP = 1 << 22  # tokens that are renumbered at a time


class Terms:
    """A sorted vocabulary: the UTF-8 of its terms, end to end; immutable."""

    def __init__(self, text: NDArray[np.uint8], starts: Starts) -> None:
        self.text, self.starts = text, starts
        self.find = lru_cache(maxsize=4096)(self._find)  # a question asks for a term often

    @classmethod
    def of(cls, ordered: Sequence[str]) -> Self:
        """Lay terms that are in order end to end."""
        encoded = [term.encode() for term in ordered]
        starts = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=starts[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts)

    def __len__(self) -> int:
        """How many terms there are."""
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        """The terms in order."""
        return (self._term(place).decode() for place in range(len(self)))

    def _find(self, term: str) -> int | None:
        """The place of `term`, None for an unknown one."""
        wanted = term.encode()
        place = bisect_left(range(len(self)), wanted, key=self._term)
        return place if place < len(self) and self._term(place) == wanted else None

    def _term(self, place: int) -> bytes:
        return self.text[self.starts[place] : self.starts[place + 1]].tobytes()

    def save(self, folder: Path) -> None:
        """Write into the new folder `folder`."""
        folder.mkdir()
        np.save(folder / "text.npy", self.text, allow_pickle=False)
        np.save(folder / "starts.npy", self.starts, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the files of `folder` into memory.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        return cls(mapped(folder / "text.npy"), mapped(folder / "starts.npy"))


class Texts(NamedTuple):
    """Texts as the numbers of their terms, end to end."""

    terms: Terms
    ids: NDArray[np.int32]  # (tokens,)
    starts: Starts

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> Self:
        """Number the tokens of `texts` in memory."""
        lists = list(texts)
        ordered = sorted(set(chain.from_iterable(lists)))
        known = {term: place for place, term in enumerate(ordered)}
        ids = places([term for text in lists for term in text], known)
        return cls(Terms.of(ordered), ids, np.cumsum([0, *map(len, lists)], dtype=np.int64))


class Spool:
    """Takes tokens as they come, and makes `Texts` of them that lie in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids = Growing(path, np.int32)
        self._known = numbers()
        self._lengths: list[NDArray[np.int32]] = []

    def add(self, tokens: Tokens) -> None:
        """Add texts behind those that are there."""
        self._ids.append(places(tokens.terms, self._known)[tokens.ids])
        self._lengths.append(np.diff(tokens.starts).astype(np.int32))

    def close(self) -> None:
        """Close the file; nothing can be added afterwards."""
        self._ids.close()

    def finish(self) -> Texts:
        """Put the terms in order, and number all tokens by it."""
        self.close()
        ordered = sorted(self._known)
        place = np.empty(len(ordered), np.int32)
        place[places(ordered, self._known)] = np.arange(len(ordered), dtype=np.int32)
        self._known.clear()
        ids = np.load(self._path, mmap_mode="r+", allow_pickle=False)
        for at in range(0, len(ids), _STEP):
            ids[at : at + _STEP] = place[ids[at : at + _STEP]]
        ids.flush()
        lengths = np.concatenate([np.zeros(1, np.int32), *self._lengths])
        return Texts(Terms.of(ordered), mapped(self._path), np.cumsum(lengths, dtype=np.int64))
