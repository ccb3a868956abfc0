"""Names and filters → the essays that a question is about, and the sides of a comparison."""

from collections.abc import Container, Iterable
from functools import cached_property
from typing import Self, get_args

from rag.answering.named import Named, NameKind
from rag.index import Records
from rag.types import Essay, Filters

_KINDS: tuple[NameKind, ...] = get_args(NameKind)


class Scope(tuple[Essay, ...]):
    """Essays in the order of the corpus, one of each group of reprints; immutable."""

    _others: dict[str, list[Essay]]  # by the id of the one that speaks for them

    def __new__(cls, essays: Iterable[Essay]) -> Self:
        """Let the first of each group of reprints speak for all of it."""
        speaking: dict[str, Essay] = {}
        others: dict[str, list[Essay]] = {}
        for essay in essays:
            first = speaking.setdefault(essay.reprint_of or essay.essay_id, essay)
            if first is not essay:
                others.setdefault(first.essay_id, []).append(essay)
        made = super().__new__(cls, speaking.values())
        made._others = others
        return made

    @cached_property
    def ids(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(essay.essay_id for essay in self)

    @cached_property
    def counted(self) -> "Scope":
        """Those that are essays, without what stands around them in a document."""
        return Scope(essay for essay in self if essay.kind == "essay")

    def reprints(self, cited: Container[str]) -> str:
        """Return what an answer says of the reprints of essays it cites, "" if there are none."""
        named = "、".join(
            essay.document
            for first, others in self._others.items()
            if first in cited
            for essay in others
        )
        return f"内容基本相同的还有：{named}。" if named else ""


def scope_of(named: Named, filters: Filters, records: Records) -> Scope:
    """Return the essays that the filters let through and the names mean.

    Names of one kind are joined, those of different kinds meet. Where no essay is about any name
    of a kind, the essays that hold one that is mentioned are meant. Nothing that the filters keep
    out comes in: a name that they keep out leaves no essay.
    """
    limits: list[frozenset[str]] = []
    for kind in _KINDS:
        own = [frozenset(name.essays) for name in named.names if name.kind == kind]
        held = [name.value for name in named.mentioned if name.kind == kind]
        if own:  # what only says where another name lies adds none
            limits.append(frozenset().union(*(e for e in own if not any(o < e for o in own))))
        elif held:
            rows = [row for value in held for row in records.holding(value)]
            limits.append(frozenset(records.essays_of(rows)))
    left_out = {essay_id for name in named.excluded for essay_id in name.essays}
    return Scope(
        essay
        for essay in records.essays_where(filters)
        if all(essay.essay_id in ids for ids in limits) and essay.essay_id not in left_out
    )


def groups(named: Named, scope: Scope) -> tuple[tuple[str, tuple[Essay, ...]], ...]:
    """Return what a comparison sets side by side: each of several names with its essays in scope.

    The names are those of the first kind of which the question has several, in its order; one that
    is mentioned alone has no essays. There are no groups where no kind has two names.
    """
    names = sorted((*named.names, *named.mentioned), key=lambda name: name.start)
    for kind in _KINDS:
        ids = {name.value: name.essays for name in names if name.kind == kind}
        if len(ids) > 1:
            own = {value: tuple(e for e in scope if e.essay_id in of) for value, of in ids.items()}
            return tuple(own.items())
    return ()
