"""Which essays are about which places, by what they state and how they begin."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath

import numpy as np

from rag.answering import gazetteer
from rag.index import Records
from rag.types import Essay

_OPENING = 6  # passages among which an essay's first sentences are
_GUESSED = ("title", "text", "file name")


@dataclass(frozen=True, slots=True)
class EssayPlaces:
    """The essays of each place, by their ids."""

    own: dict[str, list[str]] = field(default_factory=dict)  # that are about it
    around: dict[str, list[str]] = field(default_factory=dict)  # that lie in it or come from it
    unplaced: set[str] = field(default_factory=set)  # that state no place


def essay_places(records: Records) -> EssayPlaces:
    """Return the places of all essays.

    What the bulletin states of itself, its essays come from. An essay that states no place is
    about those that its first sentences name.
    """
    found = EssayPlaces()
    several = Counter(essay.document for essay in records.essays() if essay.kind == "essay")
    for essay, opening in zip(records.essays(), _openings(records), strict=True):
        stated = [*_place_of(essay), *_read(essay.title), *_read(essay.office)]
        outside = [*_read(PurePosixPath(essay.document).stem), *_read(essay.issuer)]
        if several[essay.document] < 2 and essay.kind == "essay":
            stated, outside = [*stated, *outside], []
        begins = gazetteer.read_places(opening, running=True)
        if not stated:
            found.unplaced.add(essay.essay_id)
            stated = begins
        narrow = [p for p in stated if not any(gazetteer.lies_in(o, p) for o in stated if o != p)]
        narrow += [p for p in begins if not {*gazetteer.places_around(p)}.isdisjoint(stated)]
        wide = [*outside, *(outer for place in stated for outer in gazetteer.places_around(place))]
        about = dict.fromkeys(narrow if essay.kind == "essay" else ())
        for place in about:
            found.own.setdefault(place, []).append(essay.essay_id)
        for place in dict.fromkeys((*stated, *wide)):
            if place not in about:
                found.around.setdefault(place, []).append(essay.essay_id)
    return found


@lru_cache(maxsize=1024)  # offices and issuers recur
def _read(text: str | None) -> tuple[str, ...]:
    return tuple(gazetteer.read_places(text)) if text else ()


def _place_of(essay: Essay) -> tuple[str, ...]:
    """The stated place; one that was guessed from text only as far as it can be one."""
    guessed = any(
        fact.name == "place" and fact.value == essay.place and fact.source in _GUESSED
        for fact in essay.known
    )
    return _read(essay.place) or ((essay.place,) if essay.place and not guessed else ())


def _openings(records: Records) -> Iterator[str]:
    """The first sentences of each essay: its passages up to the first that ends as one."""
    numbers = np.arange(len(records.essays()) + 1)
    for first, end in pairwise(np.searchsorted(records.essay_of_row, numbers).tolist()):
        passages = records.passages(range(first, min(end, first + _OPENING)))
        yield next((p.text for p in passages if "。" in p.text), "")
