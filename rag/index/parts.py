"""How much of a question stands together in a passage: in one sentence, in two, and around it.

BM25 of a whole passage does not see whether the words of a question come together. Here every
passage is a run of parts: first its surroundings (title, sections, lead), then its sentences. The
parts in which a term stands are bits of a number, kept beside its weight.
"""

from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from rag.index.arrays import mapped
from rag.index.found import Scores
from rag.index.texts import Starts, Terms, Texts
from rag.index.weighing import Bits
from rag.numbering import SHORT, Tokens, packed

TOKENS = "tokens.npy"  # which a build writes before the rest
_TEXTS, _STARTS = "texts.npy", "starts.npy"
_HEAD, _OPENING = np.uint32(0b1), np.uint32(0b11)  # the surroundings; and the first sentence


class PartShares(NamedTuple):
    """The share of a question that stands in parts of some passages; each of shape (passages,)."""

    passage: Scores  # in any part
    opening: Scores  # in the surroundings or the first sentence of the essay's first passage
    head: Scores  # in the surroundings
    sentence: Scores  # in one part, at most
    pair: Scores  # in two neighbouring parts, at most


def part_shares(shares: Scores, bits: Bits, first: Bits) -> PartShares:
    """Add up the `shares`, (terms,), of what stands in the parts of passages.

    `bits`, shape (terms, passages), tells the parts of each in which a term stands, `first` those
    of its essay's first passage.
    """
    width = max(int(np.bitwise_or.reduce(bits, axis=None)).bit_length(), 1)
    shifted = bits >> np.arange(width, dtype=np.uint32)[:, np.newaxis, np.newaxis]
    planes = shifted.astype(np.uint8) & np.uint8(1)  # a part each, as narrow as can be
    pairs = planes.copy()
    pairs[:-1] |= planes[1:]
    return PartShares(
        shares @ (bits > 0),
        shares @ (first & _OPENING > 0),
        shares @ planes[0],
        (shares @ planes).max(axis=0),
        (shares @ pairs).max(axis=0),
    )


class Parts:
    """The tokens of an addition, part by part, for the build that goes on from them."""

    def __init__(self, texts: Texts, starts: Starts) -> None:
        """Text i is part i; passage i has those from `starts[i]` on, one at least."""
        self._texts = texts
        self._starts = starts  # (passages + 1,)

    def tokens(self) -> tuple[Tokens, Starts]:
        """The tokens of all parts, and `starts`."""
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
