"""Near-duplicate essays: which essay says nearly the same as an earlier one. Floor 4.

An essay is the set of its five-character shingles (Broder 1997, "On the resemblance and containment
of documents"); of these a fixed sixteenth is kept, chosen by hash, so that the resemblance of two
essays is that of what was kept, within a few per cent. Spaces and punctuation do not count.
Reprints are marked, never left out: each stays citable under its own name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.types import Outline

_WIDTH = 5  # characters of a shingle
_KEPT = 16  # one in so many shingles
_ALIKE = 0.7  # Jaccard resemblance from which on an essay is a reprint
_LEAST = 100  # characters; a shorter essay is no reprint of anything
_COMMON = 200  # essays that share a shingle: such a one tells nothing
_MARKS = re.compile(r"[\W_]+")


def marked(outlines: Sequence[Outline]) -> list[Outline]:
    """Return the outlines with `reprint_of` set: the first essay that says nearly the same.

    An essay that is a reprint is never named by others, so a group has one first essay.
    """
    firsts: dict[str, NDArray[np.uint64]] = {}
    holders: dict[int, list[str]] = defaultdict(list)
    found: dict[str, str] = {}
    for outline in outlines:
        for essay in outline.essays:
            if essay.kind != "essay":
                continue
            own = _shingles(_body(outline, essay.essay_id))
            first = _nearest(own, firsts, holders)
            if first is not None:
                found[essay.essay_id] = first
            elif own.size:
                firsts[essay.essay_id] = own
                for shingle in own.tolist():
                    holders[shingle].append(essay.essay_id)
    return [_with_reprints(outline, found) for outline in outlines]


def _with_reprints(outline: Outline, found: dict[str, str]) -> Outline:
    if not any(essay.essay_id in found for essay in outline.essays):
        return outline
    essays = (replace(each, reprint_of=found.get(each.essay_id)) for each in outline.essays)
    return replace(outline, essays=tuple(essays))


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
    return np.unique(hashes[hashes % np.uint64(_KEPT) == 0])


def _nearest(
    own: NDArray[np.uint64],
    firsts: dict[str, NDArray[np.uint64]],
    holders: dict[int, list[str]],
) -> str | None:
    """Return the first essay that resembles one with these shingles most, if any does enough."""
    shared: Counter[str] = Counter()
    for shingle in own.tolist():
        if len(holders.get(shingle, ())) <= _COMMON:
            shared.update(holders.get(shingle, ()))
    best, most = None, _ALIKE
    for essay_id, count in shared.items():
        alike = count / (own.size + firsts[essay_id].size - count)
        if alike >= most and (best is None or alike > most):
            best, most = essay_id, alike
    return best
