"""Near-duplicate essays: which essay says nearly the same as an earlier one. Floor 4.

An essay is the set of its five-character shingles (Broder 1997, "On the resemblance and containment
of documents"); of these a fixed sixteenth is kept, chosen by hash, so that the resemblance of two
essays is that of what was kept, within a few per cent. Spaces and punctuation do not count.
Reprints are marked, never left out: each stays citable under its own name.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rag.types import Outline

_WIDTH = 5  # characters of a shingle
_KEPT = 16  # one in so many shingles
_ALIKE = 0.7  # Jaccard resemblance from which on an essay is a reprint
_LEAST = 100  # characters; a shorter essay is no reprint of anything
_COMMON = 200  # essays that share a shingle: such a one tells nothing
_STEP = 1 << 22  # shingles that are looked at in one go
_MARKS = re.compile(r"[\W_]+")
_NONE = np.empty(0, np.uint64)


class Shared(NamedTuple):
    """What an earlier essay has in common with those that are looked at."""

    essay_id: str
    size: int  # of all its shingles
    shingles: NDArray[np.uint64]


class Firsts(NamedTuple):
    """The sketches of the essays that are no reprints, end to end."""

    essays: list[str]  # their ids
    starts: NDArray[np.int64]  # (essays + 1,)
    shingles: NDArray[np.uint64]

    def holding(self, wanted: NDArray[np.uint64]) -> Iterator[Shared]:
        """The essays that hold some of the shingles `wanted`, which are ascending."""
        at = [np.empty(0, np.int64)]
        for low in range(0, len(self.shingles), _STEP):
            at.append(low + _among(self.shingles[low : low + _STEP], wanted))
        places = np.concatenate(at)
        owners = np.searchsorted(self.starts, places, side="right") - 1
        numbers, first = np.unique(owners, return_index=True)
        spans = pairwise([*first.tolist(), len(places)])
        for number, (own, end) in zip(numbers.tolist(), spans, strict=True):
            size = int(self.starts[number + 1] - self.starts[number])
            yield Shared(self.essays[number], size, self.shingles[places[own:end]])

    def joined(self, later: Self) -> Self:
        """These, and `later` ones behind them."""
        starts = np.append(self.starts, later.starts[1:] + self.starts[-1])
        return type(self)(
            self.essays + later.essays, starts, np.append(self.shingles, later.shingles)
        )

    def save(self, folder: Path) -> None:
        """Write into the new folder `folder`."""
        folder.mkdir()
        text = json.dumps(self.essays, ensure_ascii=False)
        (folder / "essays.json").write_text(text, encoding="utf-8")
        np.save(folder / "starts.npy", self.starts, allow_pickle=False)
        np.save(folder / "shingles.npy", self.shingles, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map what `save` wrote into memory; OSError or ValueError where that cannot be done."""
        return cls(
            json.loads((folder / "essays.json").read_text(encoding="utf-8")),
            np.load(folder / "starts.npy", allow_pickle=False),
            np.load(folder / "shingles.npy", mmap_mode="r", allow_pickle=False),
        )


def _among(shingles: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The places where one of `wanted` stands: nearly all others are told by some of their bits."""
    low, bits = np.uint64(8), np.uint64(0xFFFF)  # the lowest ones chose what was kept
    maybe = np.zeros(1 << 16, bool)
    maybe[wanted >> low & bits] = True
    at = np.flatnonzero(maybe[shingles >> low & bits])
    return at[np.isin(shingles[at], wanted)]


class Sketches:
    """Collects essays, some 100 bytes for a thousand characters, and tells reprints in the end."""

    def __init__(self) -> None:
        self._own: dict[str, NDArray[np.uint64]] = {}  # essay id → its shingles

    def add(self, outline: Outline) -> None:
        """Take note of the essays of one document."""
        for essay in outline.essays:
            if essay.kind == "essay":
                self._own[essay.essay_id] = _shingles(_body(outline, essay.essay_id))

    def reprints(self, earlier: Sequence[Firsts] = ()) -> dict[str, str]:
        """For each essay that says nearly the same as an earlier one, the first such essay.

        An essay that is a reprint is never named by others, so a group has one first essay.
        Those of other generations come before all that were added here.
        """
        firsts: dict[str, int] = {}  # essay id → how many shingles it has
        holders: dict[int, list[str]] = defaultdict(list)
        found: dict[str, str] = {}
        all_own = list(self._own.values())
        wanted = _distinct(_joined(all_own)) if earlier else _NONE
        for held in (shared for each in earlier for shared in each.holding(wanted)):
            all_own.append(held.shingles)
            firsts[held.essay_id] = held.size
            for shingle in held.shingles.tolist():
                holders[shingle].append(held.essay_id)
        again = _held_twice(all_own)
        for essay_id, own in self._own.items():
            shared = _shared(own, again).tolist()
            first = _nearest(shared, own.size, firsts, holders)
            if first is not None:
                found[essay_id] = first
            elif own.size:
                firsts[essay_id] = own.size
                for shingle in shared:
                    holders[shingle].append(essay_id)
        return found

    def firsts(self, found: Mapping[str, str]) -> Firsts:
        """The essays that are not among the reprints `found`, to compare later ones with."""
        kept = {each: own for each, own in self._own.items() if own.size and each not in found}
        starts = np.cumsum([0, *(own.size for own in kept.values())], dtype=np.int64)
        return Firsts(list(kept), starts, _joined(list(kept.values())))


def _joined(all_own: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    return np.concatenate([_NONE, *all_own])


def _distinct(shingles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The different ones, ascending; numpy's own is slow with few and takes much for many."""
    ordered = np.sort(shingles)
    return ordered.compress(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])


def _held_twice(all_own: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The shingles of more than one essay, ascending: the others tell of no reprint."""
    shingles = np.sort(_joined(all_own))
    return _distinct(shingles[1:][shingles[1:] == shingles[:-1]])


def _shared(own: NDArray[np.uint64], again: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Which of `own` are among `again`; both are ascending."""
    if not len(again):
        return _NONE
    places = np.searchsorted(again, own)
    places[places == len(again)] = 0
    return own.compress(again[places] == own)


def _body(outline: Outline, essay_id: str) -> str:
    texts = (
        paragraph.text
        for paragraph in outline.paragraphs
        if paragraph.essay_id == essay_id and paragraph.role in {"body", "heading"}
    )
    return _MARKS.sub("", "".join(texts))


def _shingles(text: str) -> NDArray[np.uint64]:
    """Return the kept hashes of a text's shingles, ascending, shape (n,)."""
    if len(text) < _LEAST:
        return np.empty(0, np.uint64)
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    hashes = np.zeros(len(codes) - _WIDTH + 1, np.uint64)
    for i in range(_WIDTH):
        hashes = hashes * np.uint64(0x100000001B3) + codes[i : i + len(hashes)]
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)  # the mixer of SplitMix64, Steele et al. 2014
    hashes ^= hashes >> np.uint64(32)
    return _distinct(hashes[hashes % np.uint64(_KEPT) == 0])


def _nearest(
    shared: Sequence[int], size: int, firsts: dict[str, int], holders: dict[int, list[str]]
) -> str | None:
    """Return the first essay that resembles one of `size` shingles most, if any does enough."""
    counts: Counter[str] = Counter()
    for shingle in shared:
        if len(holders.get(shingle, ())) <= _COMMON:
            counts.update(holders.get(shingle, ()))
    best, most = None, _ALIKE
    for essay_id, count in counts.items():
        alike = count / (size + firsts[essay_id] - count)
        if alike >= most and (best is None or alike > most):
            best, most = essay_id, alike
    return best
