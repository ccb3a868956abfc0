"""What a composer needs of one turn: what was asked and understood, what was found, where to write.

An own file, since every composer takes it and none knows the answerer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rag import gazetteer
from rag.answering.compose.composed import Composed
from rag.answering.conversation import Meaning
from rag.answering.evidence import Evidence, Gatherer
from rag.answering.features import Asked
from rag.answering.named import Named
from rag.answering.request import Request
from rag.answering.scope import Scope, groups
from rag.answering.tree import Trees
from rag.index import Records
from rag.types import Essay, Filters

_POST = re.compile(gazetteer.POST)


class Refused(Exception):
    """There is no answer; `reason` says why."""

    def __init__(self, reason: str, evidence: Sequence[Evidence] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence


@dataclass(frozen=True)
class Context:
    """One turn on its way to an answer."""

    records: Records
    trees: Trees
    gatherer: Gatherer
    request: Request
    meaning: Meaning
    named: Named
    scope: Scope
    evidence: Sequence[Evidence]  # the likeliest first
    made: Composed  # what is written

    @property
    def best(self) -> float:
        """The probability of the likeliest sentence; 0 where nothing was found."""
        return self.evidence[0].probability if self.evidence else 0.0

    @property
    def essays(self) -> Scope:
        """The essays in scope; what stands around essays only where there is nothing else."""
        return self.scope.counted or self.scope

    @cached_property
    def groups(self) -> tuple[tuple[str, tuple[Essay, ...]], ...]:
        """The names that are set side by side, each with its essays."""
        leans = self.meaning.leans
        own = replace(self.named, names=self.meaning.names) if leans else self.named
        return groups(own, self.scope)

    def with_evidence(self, evidence: Sequence[Evidence]) -> "Context":
        """The same turn on other evidence."""
        return replace(self, evidence=evidence)

    def ask(
        self,
        text: str,
        essays: Sequence[Essay],
        read: int,
        *,
        holding: Sequence[str] = (),
        each: int | None = None,
    ) -> list[Evidence]:
        """Ask another question, of some essays; see `Gatherer.evidence`."""
        asked = Asked(text, self.request.kinds, self.request.quoted)
        among = Filters(essay_id=tuple(sorted(essay.essay_id for essay in essays)))
        found = self.gatherer.evidence(asked, among, read, holding, each)
        return of_post(self.request, self.named, found)


def of_post(request: Request, named: Named, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Leave out what does not hold the post that is asked for: 书记 is not 部长."""
    posts = [p for p in _POST.findall(named.rest) if p not in gazetteer.POLITE]
    if request.kind != "who" or not posts:
        return list(evidence)
    return [
        each
        for each in evidence
        if any(post in each.hit.passage.text + "".join(each.sentence.trail) for post in posts)
    ]
