"""Token lists as numbers: each term counted once, its place in the sorted vocabulary everywhere.

The indexes of sentences, passages and essays are made of the same tokens, so these are cut and
numbered once, and lie in a file: a build holds the vocabulary in memory, not the corpus, and most
of that as keys of eight bytes.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from os import SEEK_CUR
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from rag.index.arrays import Growing, mapped
from rag.numbering import SHORT, Keys, Places, Tokens, characters, numbers, packed

Starts = NDArray[np.int64]
"""Where each of n things begins in what they lie in end to end, and the end: shape (n + 1,)."""

_FEW = 1 << 20  # keys that wait to be put in order with those before


class Terms:
    """A sorted vocabulary: the UTF-8 of its terms, end to end, and the key of each; immutable."""

    def __init__(self, text: NDArray[np.uint8], starts: Starts, keys: Keys) -> None:
        self.text, self.starts, self.keys = text, starts, keys
        self.places = lru_cache(maxsize=64)(self._places)  # each index asks for those of a question

    @classmethod
    def of(cls, ordered: Sequence[str]) -> Self:
        """Lay terms that are in order end to end."""
        encoded = [term.encode() for term in ordered]
        starts = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=starts[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts, packed(ordered))

    @classmethod
    def of_keys(cls, keys: Keys, longer: Sequence[str], places: Places) -> Self:
        """Lay terms that are in order end to end: short ones by keys, longer ones with places.

        `places`, one for each of `longer`, counts all terms.
        """
        codes = characters(keys)
        widths = (codes > 0) + sum(codes >= first for first in (0x80, 0x800, 0x10000))
        short = codes[codes > 0].tobytes().decode("utf-32-le").encode()
        encoded = [term.encode() for term in longer]
        is_long = np.zeros(len(keys) + len(longer), bool)
        is_long[places] = True
        lengths = np.empty(len(is_long), np.int64)
        lengths[~is_long] = widths.sum(axis=1)
        lengths[is_long] = list(map(len, encoded))
        of_long = np.repeat(is_long, lengths)
        text = np.empty(len(of_long), np.uint8)
        text[~of_long] = np.frombuffer(short, np.uint8)
        text[of_long] = np.frombuffer(b"".join(encoded), np.uint8)
        every = np.empty(len(is_long), np.uint64)
        every[~is_long], every[is_long] = keys, packed(longer)
        return cls(text, np.append(0, np.cumsum(lengths)), every)

    def __len__(self) -> int:
        """How many terms there are."""
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[str]:
        """The terms in order."""
        return (self._term(place).decode() for place in range(len(self)))

    def _places(self, terms: tuple[str, ...]) -> Places:
        """The place of each term, -1 for an unknown one.

        The first term of a key is the short one, if there is one: it has its length then, too.
        """
        if not len(self):
            return np.full(len(terms), -1)
        encoded = [term.encode() for term in terms]
        wanted = packed(terms)
        places: Places = np.minimum(self.keys.searchsorted(wanted), len(self) - 1)
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        same = self.starts[places + 1] - self.starts[places] == lengths
        places[(self.keys[places] != wanted) | ~same] = -1
        for i, term in enumerate(terms):
            if len(term) > SHORT:
                places[i] = self._place(encoded[i])
        places.flags.writeable = False
        return places

    def _place(self, wanted: bytes) -> int:
        place = bisect_left(range(len(self)), wanted, key=self._term)
        return place if place < len(self) and self._term(place) == wanted else -1

    def _term(self, place: int) -> bytes:
        return self.text[self.starts[place] : self.starts[place + 1]].tobytes()

    def save(self, folder: Path) -> None:
        """Write into the new folder `folder`."""
        folder.mkdir()
        np.save(folder / "text.npy", self.text, allow_pickle=False)
        np.save(folder / "starts.npy", self.starts, allow_pickle=False)
        np.save(folder / "keys.npy", self.keys, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map the files of `folder` into memory.

        Raises:
            IndexDamaged: a file is missing or is no array.
        """
        return cls(*(mapped(folder / f"{name}.npy") for name in ("text", "starts", "keys")))


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
        ids = np.array([known[term] for text in lists for term in text], np.int32)
        return cls(Terms.of(ordered), ids, np.cumsum([0, *map(len, lists)], dtype=np.int64))


class _Batch(NamedTuple):
    """What was added at a time: tokens numbered by its own keys, and longer terms after them."""

    tokens: int
    keys: int
    longer: NDArray[np.int32]  # their numbers in the spool


class Spool:
    """Takes tokens as they come, and makes `Texts` of them that lie in a file.

    A batch's tokens are written by its own numbers, its keys beside them. When all keys have been
    seen and are in order, the batches are numbered anew, one after the other.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._keys_path = path, path.with_suffix(".keys")
        self._ids, self._keys = Growing(path, np.int32), Growing(self._keys_path, np.uint64)
        self._batches: list[_Batch] = []
        self._lengths: list[NDArray[np.int32]] = []
        self._seen: Keys = np.empty(0, np.uint64)  # the different keys, ascending
        self._waiting: list[Keys] = []  # those that are not among them yet
        self._longer = numbers()

    def add(self, tokens: Tokens) -> None:
        """Add texts behind those that are there."""
        longer = [self._longer[term] for term in tokens.longer]
        batch = _Batch(len(tokens.ids), len(tokens.keys), np.array(longer, np.int32))
        self._batches.append(batch)
        self._lengths.append(np.diff(tokens.starts).astype(np.int32))
        self._ids.append(tokens.ids)
        self._keys.append(tokens.keys)
        self._waiting.append(tokens.keys)
        if sum(map(len, self._waiting)) > max(_FEW, len(self._seen)):
            self._order()

    def close(self) -> None:
        """Close the files; nothing can be added afterwards."""
        self._ids.close()
        self._keys.close()
        self._keys_path.unlink(missing_ok=True)

    def finish(self) -> Texts:
        """Put the terms in order, and number all tokens by it."""
        self._ids.close()
        self._keys.close()
        self._order()
        terms = self._numbered_anew()
        self.close()
        lengths = np.concatenate([np.zeros(1, np.int32), *self._lengths])
        return Texts(terms, mapped(self._path), np.cumsum(lengths, dtype=np.int64))

    def _order(self) -> None:
        keys = np.sort(np.concatenate([self._seen, *self._waiting]))
        self._seen = keys[np.append(True, keys[1:] != keys[:-1])[: len(keys)]]
        self._waiting.clear()

    def _numbered_anew(self) -> Terms:
        """Give each token the place of its term among all terms."""
        short, longer = self._seen, sorted(self._longer)
        of_longer = np.searchsorted(short, packed(longer), side="right") + np.arange(len(longer))
        of_short = np.delete(np.arange(len(short) + len(longer)), of_longer).astype(np.int32)
        by_number = np.empty(len(longer), np.int32)
        by_number[[self._longer[term] for term in longer]] = of_longer
        self._longer.clear()
        keys = mapped(self._keys_path)
        with self._path.open("r+b") as file:
            npy.read_magic(file)
            npy.read_array_header_1_0(file)
            for batch in self._batches:
                own, keys = of_short[np.searchsorted(short, keys[: batch.keys])], keys[batch.keys :]
                ids = np.fromfile(file, np.int32, batch.tokens)
                file.seek(-ids.nbytes, SEEK_CUR)
                file.write(np.concatenate([own, by_number[batch.longer]])[ids].data)
        return Terms.of_keys(short, longer, of_longer)
