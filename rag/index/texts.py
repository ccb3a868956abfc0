"""Token lists as numbers: each term counted once, its place in the sorted vocabulary everywhere.

The indexes of sentences, passages and essays are made of the same tokens, so these are cut and
numbered once; four bytes a token are what a build holds of the corpus.
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Starts = NDArray[np.int64]
"""Where each of n things begins in what they lie in end to end, and the end: shape (n + 1,)."""

_STEP = 1 << 20  # tokens that are renumbered at a time


class Terms(NamedTuple):
    """A sorted vocabulary: the UTF-8 of its terms, end to end."""

    text: NDArray[np.uint8]
    starts: Starts

    @classmethod
    def of(cls, ordered: Sequence[str]) -> Self:
        """Lay terms that are in order end to end."""
        encoded = [term.encode() for term in ordered]
        starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts)


class Texts(NamedTuple):
    """Texts as the numbers of their terms, end to end."""

    terms: Terms
    ids: NDArray[np.int32]  # (tokens,)
    starts: Starts

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]]) -> Self:
        """Number the tokens of `texts`, which are read once."""
        seen, ids, starts = _Numbers(), array("i"), array("q", [0])
        for text in texts:
            ids.extend(map(seen.__getitem__, text))
            starts.append(len(ids))
        ordered = sorted(seen)
        place = np.empty(len(seen), np.int32)
        place[[seen[term] for term in ordered]] = np.arange(len(seen), dtype=np.int32)
        numbers = np.frombuffer(ids, np.int32) if ids else np.empty(0, np.int32)
        for at in range(0, len(numbers), _STEP):
            numbers[at : at + _STEP] = place[numbers[at : at + _STEP]]
        return cls(Terms.of(ordered), numbers, np.array(starts, np.int64))

    def joined(self, bounds: Starts) -> "Texts":
        """Make one text of each run of texts between two `bounds`."""
        first, last = self.starts[bounds[0]], self.starts[bounds[-1]]
        return Texts(self.terms, self.ids[first:last], self.starts[bounds] - first)

    def gathered(self, groups: Iterable[Iterable[tuple[int, int]]]) -> "Texts":
        """Make one text of each group of half-open ranges of texts."""
        slices = [[self.ids[self.starts[a] : self.starts[z]] for a, z in group] for group in groups]
        starts = np.cumsum([0, *(sum(map(len, group)) for group in slices)], dtype=np.int64)
        ids = [part for group in slices for part in group]
        return Texts(self.terms, np.concatenate(ids) if ids else self.ids[:0], starts)


class _Numbers(dict[str, int]):
    """Numbers terms from 0 as they come."""

    def __missing__(self, term: str) -> int:
        self[term] = number = len(self)
        return number
