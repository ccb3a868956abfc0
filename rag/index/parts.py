"""Which words stand in which sentence of a passage, and in what stands around it.

BM25 of a whole passage does not see whether the words of a question come together. Here every
passage is a run of parts: first its surroundings (title, sections, lead), then its sentences. It
is asked of some hundred passages, so their tokens are kept as they come, and read through.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import mapped
from rag.index.found import Rows
from rag.index.texts import Starts, Terms, Texts
from rag.numbering import SHORT, Tokens, packed

TOKENS = "tokens.npy"  # which a build writes before the rest
_TEXTS, _STARTS = "texts.npy", "starts.npy"


class Table(NamedTuple):
    """Terms in the parts of some passages."""

    present: NDArray[np.bool_]  # (terms, parts)
    starts: Rows  # (passages,), the column where each passage begins


class Parts:
    """The parts of n passages; immutable."""

    def __init__(self, texts: Texts, starts: Starts) -> None:
        """Text i is part i; passage i has those from `starts[i]` on, one at least."""
        self._texts = texts
        self._starts = starts  # (n + 1,)

    @property
    def size(self) -> int:
        """Number of passages, n."""
        return len(self._starts) - 1

    def table(self, terms: Sequence[str], rows: Rows) -> Table:
        """Say which of `terms` stand in which parts of the passages `rows`."""
        begins = self._texts.starts
        first, end = self._starts[rows], self._starts[rows + 1]
        parts = spread(first, end)
        runs = zip(begins[first].tolist(), begins[end].tolist(), strict=True)
        ids = np.concatenate([self._texts.ids[:0], *(self._texts.ids[a:z] for a, z in runs)])
        found = [self._texts.terms.find(term) for term in terms]
        places = np.array([-1 if place is None else place for place in found], np.int32)
        wanted = np.unique(places[places >= 0])
        at, which = _among(ids, wanted)
        ends = np.cumsum(begins[parts + 1] - begins[parts])
        present = np.zeros((len(wanted) + 1, len(parts)), bool)  # the last is of unknown terms
        present[which, ends.searchsorted(at, side="right")] = True
        own = np.where(places < 0, len(wanted), wanted.searchsorted(places))
        return Table(present[own], np.cumsum(end - first) - (end - first))

    def by_passage(self, low: int, high: int) -> tuple[Rows, Rows, Rows]:
        """The words of the passages from `low` to `high`, each once a part.

        Returns the number of parts of each passage; and of every word the part it stands in,
        counted from the first one, and its place in the vocabulary.
        """
        parts = self._starts[low : high + 1]
        bounds = self._texts.starts[parts[0] : parts[-1] + 1]
        owners = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        width = len(self._texts.terms)
        keys = np.unique(owners * width + self._texts.ids[bounds[0] : bounds[-1]])
        held, terms = np.divmod(keys, max(width, 1))
        return np.diff(parts), held, terms

    def tokens(self) -> tuple[Tokens, Starts]:
        """The tokens of all parts, for a build that goes on from them; and `starts`."""
        begins = self._texts.starts[: self._starts[-1] + 1]
        terms = list(self._texts.terms)
        is_short = np.array([len(term) <= SHORT for term in terms], bool)
        short = [term for term in terms if len(term) <= SHORT]
        longer = [term for term in terms if len(term) > SHORT]
        numbers = np.where(is_short, np.cumsum(is_short), len(short) + np.cumsum(~is_short)) - 1
        ids = numbers[self._texts.ids[: begins[-1]]].astype(np.int32)
        return Tokens(packed(short), longer, ids, begins), self._starts

    def save(self, folder: Path) -> None:
        """Write into `folder`, beside the tokens that are there."""
        np.save(folder / _TEXTS, self._texts.starts, allow_pickle=False)
        np.save(folder / _STARTS, self._starts, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, terms: Terms) -> Self:
        """Map the files of `folder` into memory.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        texts = Texts(terms, mapped(folder / TOKENS), mapped(folder / _TEXTS))
        return cls(texts, mapped(folder / _STARTS))


def spread(starts: Starts, ends: Starts) -> Rows:
    """The numbers of all half-open ranges, one range after the other."""
    sizes = ends - starts
    numbers: Rows = np.arange(sizes.sum()) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    return numbers


def _among(ids: NDArray[np.int32], wanted: NDArray[np.int32]) -> tuple[Rows, Rows]:
    """The places in `ids` where one of the ascending `wanted` stands, and which one it is.

    Nearly all others are told by their last bits.
    """
    bits = np.int32(0xFFFF)
    maybe = np.zeros(1 << 16, bool)
    maybe[wanted & bits] = True
    at = np.flatnonzero(maybe[ids & bits])
    which = wanted.searchsorted(ids[at])
    there = which < len(wanted)
    there[there] = wanted[which[there]] == ids[at[there]]
    return at[there], which[there]
