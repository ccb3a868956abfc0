"""What a composer needs of one turn: what was asked and understood, what was found, where to write.

An own file, since every composer takes it and none knows the answerer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from rag import gazetteer
from rag.answering.conversation import Meaning
from rag.answering.draft import Draft
from rag.answering.evidence import Evidence, Gatherer, Query
from rag.answering.features import Asked
from rag.answering.named import Named
from rag.answering.request import Request
from rag.answering.scope import Scope, groups
from rag.answering.tree import EssayTree
from rag.index import Records
from rag.types import Essay, Filters

_POST = re.compile(gazetteer.POST)


class Refused(Exception):
    """There is no answer; `reason` says why, and `instead` what may have been meant."""

    def __init__(self, reason: str, evidence: Sequence[Evidence] = (), instead: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = evidence
        self.instead = instead


@dataclass(frozen=True)
class Context:
    """One turn on its way to an answer."""

    records: Records
    gatherer: Gatherer
    request: Request
    meaning: Meaning
    named: Named  # in the question and, where it leans on the conversation, what it takes from it
    scope: Scope
    evidence: Sequence[Evidence] = ()  # the likeliest first
    draft: Draft = field(default_factory=Draft)  # what is written

    @property
    def best(self) -> float:
        """The probability of the likeliest sentence; 0 where nothing was found."""
        return self.evidence[0].probability if self.evidence else 0.0

    @property
    def essays(self) -> Scope:
        """The essays in scope; what stands around essays only where there is nothing else."""
        return self.scope.counted or self.scope

    @property
    def trees(self) -> Sequence[EssayTree]:
        """The essays in which something was found, that of the likeliest sentence first."""
        return [*{id(each.sentence.tree): each.sentence.tree for each in self.evidence}.values()]

    @cached_property
    def groups(self) -> tuple[tuple[str, tuple[Essay, ...]], ...]:
        """The names that are set side by side, each with its essays."""
        return groups(self.named, self.scope)

    def with_evidence(self, evidence: Sequence[Evidence]) -> "Context":
        """The same turn on other evidence."""
        return replace(self, evidence=evidence)

    def ask(
        self, text: str, essays: Sequence[Essay], read: int,
        *, holding: Sequence[str] = (), each: int | None = None,
    ) -> list[Evidence]:  # fmt: skip
        """Ask another question, of some essays; see `Query`."""
        among = Filters(essay_id=tuple(sorted(essay.essay_id for essay in essays)))
        asked = Asked(text, self.request.kinds, self.request.quoted)
        return self.weighed(Query(asked, among, read, holding, each, lists=True))

    def weighed(self, query: Query) -> list[Evidence]:
        """Return the evidence of a query, less what does not hold the post that is asked for."""
        evidence = self.gatherer.evidence(query)
        posts = [p for p in _POST.findall(self.named.rest) if p not in gazetteer.POLITE]
        if self.request.kind != "who" or not posts:
            return evidence
        return [  # 书记 is not 部长
            each
            for each in evidence
            if any(post in each.hit.passage.text + "".join(each.sentence.trail) for post in posts)
        ]
