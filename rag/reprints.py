"""Near-duplicate essays: which essay says nearly the same as an earlier one.

An essay is the set of its five-character shingles (Broder 1997, "On the resemblance and containment
of documents"); of these a fixed sixteenth is kept, chosen by hash, so that the resemblance of two
essays is that of what was kept, within a few per cent. Short texts are reprints only where they are
the same. Spaces and punctuation do not count.
Reprints are marked, never left out: each stays citable under its own name.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from rag.types import Outline

_WIDTH = 5  # characters of a shingle
_KEPT = 16  # one in so many shingles
_ALIKE = 0.7  # Jaccard resemblance from which on an essay is a reprint
_LEAST = 100  # characters; a shorter essay is no reprint of anything
_LEAST_SAME = 20  # characters; a shorter text is no copy of the same text elsewhere
_COMMON = 200  # essays that share a shingle: such a one tells nothing
_MARKS = re.compile(r"[\W_]+")
_NONE = np.empty(0, np.uint64)


class Sketches:
    """Collects essays, some 100 bytes for a thousand characters, and tells reprints in the end."""

    def __init__(self) -> None:
        self._own: dict[str, NDArray[np.uint64]] = {}  # essay id → its shingles
        self._firsts: dict[bytes, str] = {}  # digest of a text → the first essay with it
        self._same: dict[str, str] = {}  # essay id → the first essay of the same text

    def add(self, outline: Outline) -> None:
        """Take note of the essays of one document."""
        for essay in outline.essays:
            if essay.kind == "essay":
                text = _body(outline, essay.essay_id)
                if len(text) >= _LEAST_SAME:
                    digest = hashlib.sha256(text.encode()).digest()
                    first = self._firsts.setdefault(digest, essay.essay_id)
                    if first != essay.essay_id:
                        self._same[essay.essay_id] = first
                self._own[essay.essay_id] = _shingles(text)

    def reprints(self) -> dict[str, str]:
        """For each essay that says nearly the same as an earlier one, the first such essay.

        An essay that is a reprint is never named by others, so a group has one first essay.
        """
        firsts: dict[str, int] = {}  # essay id → how many shingles it has
        holders: dict[int, list[str]] = defaultdict(list)
        found: dict[str, str] = {}
        again = _held_twice(list(self._own.values()))
        for essay_id, own in self._own.items():
            shared = _shared(own, again).tolist()
            first = _nearest(shared, own.size, firsts, holders)
            first = self._same.get(essay_id) if first is None else first
            if first is not None:
                found[essay_id] = first
            elif own.size:
                firsts[essay_id] = own.size
                for shingle in shared:
                    holders[shingle].append(essay_id)
        return found


def _held_twice(all_own: list[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The shingles of more than one essay, ascending: the others tell of no reprint."""
    shingles = np.sort(np.concatenate([_NONE, *all_own]))
    return np.unique(shingles[1:][shingles[1:] == shingles[:-1]])


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
        return _NONE
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    hashes = np.zeros(len(codes) - _WIDTH + 1, np.uint64)
    for i in range(_WIDTH):
        hashes = hashes * np.uint64(0x100000001B3) + codes[i : i + len(hashes)]
    hashes ^= hashes >> np.uint64(29)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)  # the mixer of SplitMix64, Steele et al. 2014
    hashes ^= hashes >> np.uint64(32)
    return np.unique(hashes[hashes % np.uint64(_KEPT) == 0])


def _nearest(
    shared: Sequence[int], size: int, firsts: dict[str, int], holders: dict[int, list[str]]
) -> str | None:
    """Return the first essay that resembles one of `size` shingles most, if any does enough."""
    held = [own for shingle in shared if len(own := holders.get(shingle, ())) <= _COMMON]
    counts = Counter(chain.from_iterable(held))
    best, most = None, _ALIKE
    for essay_id, count in counts.items():
        alike = count / (size + firsts[essay_id] - count)
        if alike >= most and (best is None or alike > most):
            best, most = essay_id, alike
    return best
