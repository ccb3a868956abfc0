"""Which essays a question is about: those that its names and the filters let through.

Reprints: of essays that say nearly the same, one speaks, and the answer names the others. All stay
in the index. Which one speaks depends on the question: the first of those that are let through.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import overload

from rag.answering.names import Named
from rag.citing import escape
from rag.index import Records
from rag.types import Essay, Filters


class Scope(Sequence[Essay]):
    """Essays in the order of the corpus, one of each group of reprints; immutable."""

    def __init__(self, essays: Iterable[Essay]) -> None:
        speaking: dict[str, Essay] = {}
        others: dict[str, list[Essay]] = {}
        for essay in essays:
            first = speaking.setdefault(essay.reprint_of or essay.essay_id, essay)
            if first is not essay:
                others.setdefault(first.essay_id, []).append(essay)
        self._essays = tuple(speaking.values())
        self.others: Mapping[str, Sequence[Essay]] = others  # by the id of the one that speaks

    @overload
    def __getitem__(self, at: int) -> Essay: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Essay]: ...
    def __getitem__(self, at: int | slice) -> Essay | Sequence[Essay]:
        """The essay at a place."""
        return self._essays[at]

    def __len__(self) -> int:
        """How many essays there are."""
        return len(self._essays)

    def __iter__(self) -> Iterator[Essay]:
        """The essays in order."""
        return iter(self._essays)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(essay.essay_id for essay in self._essays)

    @cached_property
    def counted(self) -> "Scope":
        """Those that are essays, without what stands around them in a document."""
        return Scope(essay for essay in self._essays if essay.kind == "essay")

    def reprints(self, cited: Container[str]) -> str:
        """Return what an answer says of the reprints of essays it cites, "" if there are none."""
        same = [
            essay for first, others in self.others.items() if first in cited for essay in others
        ]
        named = "、".join(escape(essay.document) for essay in same)
        return f"\n\n内容基本相同的还有：{named}。" if named else ""


class Scopes:
    """Finds the essays of a question; those of one that names none are the same each time."""

    def __init__(self, records: Records) -> None:
        essays = records.essays()
        self._records = records
        self.issues = frozenset(essay.issue for essay in essays)
        self.everything = Scope(essays)
        self._all = essays
        self._of: dict[str, list[int]] = {}  # place, author or id → numbers of essays
        for number, essay in enumerate(essays):
            for name in {essay.place, *(essay.author or "").split("、"), essay.essay_id}:
                if name:
                    self._of.setdefault(name, []).append(number)

    def of(self, named: Named, filters: Filters) -> Scope:
        """Return the essays that the names and the filters let through."""
        free = filters == Filters()
        chosen = (named.places, named.people, named.publications, named.issues, named.essays)
        if free and not any(chosen) and not named.excluded:
            return self.everything
        among = self._named(named) if free else self._records.essays_where(filters)
        return Scope(essay for essay in among if _lets(named, essay))

    def _named(self, named: Named) -> Sequence[Essay]:
        """The essays that may be meant: of the names of one kind, or all if there are none."""
        names = named.essays or named.people or named.places
        if not names:
            return self._all
        return [self._all[n] for n in sorted({n for name in names for n in self._of.get(name, ())})]


def _lets(named: Named, essay: Essay) -> bool:
    """Whether the names let an essay through."""
    return (
        (not named.places or essay.place in named.places)
        and (not named.people or not {*named.people}.isdisjoint((essay.author or "").split("、")))
        and (not named.publications or essay.publication in named.publications)
        and (not named.issues or essay.issue in named.issues)
        and (not named.essays or essay.essay_id in named.essays)
        and essay.place not in named.excluded
        and essay.author not in named.excluded
    )
