"""Answers against questions made by hand: what had to be said, cited and refused.

A gold file has one object a line: `question`, `type`, `must` (strings the answer has to hold),
`must_not` (strings it may not hold), `cite` (strings, each of which has to stand in some cited
paragraph), `any` (one of these is enough; for silver questions all sentences that answer),
`documents` (nothing else may be cited), `history` (earlier questions), `id`. One of type
"unanswerable" has to be refused. Two reports on the same questions are compared question by
question (`paired`), which tells more than two rates.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rag.errors import BadInput
from rag.evaluation.measures import auroc, refused_at
from rag.jsonl import read_jsonl
from rag.types import Answer

UNANSWERABLE = "unanswerable"
KEPT = 0.95  # share of what can be answered, at which refusals are counted


@dataclass(frozen=True, slots=True)
class Gold:
    """One question and what is wanted of its answer."""

    question: str
    kind: str
    must: tuple[str, ...] = ()
    cite: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    id: str = ""
    must_not: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()  # ends of the paths that may be cited; () for all


@dataclass(frozen=True, slots=True)
class Judgment:
    """One answer, held against its gold."""

    gold: Gold
    abstained: bool
    said: float  # share of `must` that the answer holds
    cited: float  # share of `cite` and `any` that the cited paragraphs hold
    precise: float  # share of the citations whose paragraph holds something wanted
    recalled: float  # share of `any` that is quoted
    outside: int  # citations of other documents than those that may be cited
    forbidden: bool  # whether it says what it may not
    nearest: bool  # whether the passages beside a refusal hold all of `must`
    verbatim: bool  # every quote stands in its paragraph at its offsets
    likely: float  # that the corpus answers it, 0..1; a rule that did not weigh it was sure
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether it is right in every respect."""
        if self.gold.kind == UNANSWERABLE:
            return self.abstained and self.verbatim
        whole = self.said == self.cited == 1 and not self.forbidden
        return not self.abstained and self.verbatim and whole

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`."""
        if self.gold.kind == UNANSWERABLE:
            return "refused rightly" if self.abstained else "answered wrongly"
        if self.abstained:
            return "refused wrongly"
        return "right" if self.passed else "not whole"


OUTCOMES = ("right", "not whole", "refused wrongly", "refused rightly", "answered wrongly")


@dataclass(frozen=True, slots=True)
class Report:
    """Figures over all questions; shares 0..1, seconds a question."""

    questions: int
    pass_rate: float
    by_kind: dict[str, float]
    outcomes: dict[str, dict[str, int]]  # kind → outcome → questions
    said: float
    cited: float
    precise: float
    recalled: float
    outside: int  # citations of documents that may not be cited
    forbidden: int  # answers that say what they may not
    nearest: float  # of those refused wrongly, with the whole answer in the nearest passages
    verbatim: float
    refused: float  # of those that have to be
    answered: float  # of those that can be
    auroc: float  # of the probability that the corpus answers a question
    refused_at_kept: float  # share refused of those to be, where `KEPT` of the others is answered
    calibration: tuple[tuple[float, float, int], ...]  # said, are, questions: by tenths of `likely`
    p50: float
    p95: float
    failed: tuple[str, ...]  # the questions that did not pass
    passed: dict[str, bool]  # id (or question) → whether it passed, for comparing runs


def read_gold(path: Path) -> list[Gold]:
    """Read a gold file.

    Raises:
        BadInput: not there, or a line that is no question.
    """
    found = list(read_jsonl(path, _gold, "question, type and lists of strings"))
    if not found:
        raise BadInput(f"{path} holds no question")
    return found


_LISTS = ("must", "must_not", "cite", "any", "documents", "history")


def _gold(row: Any) -> Gold:  # noqa: ANN401 (JSON)
    lists = {name: tuple(row.get(name) or ()) for name in _LISTS}
    if not all(isinstance(text, str) for texts in lists.values() for text in texts):
        raise TypeError
    return Gold(row["question"], row["type"], id=str(row.get("id", "")), **lists)


def evaluate(gold: Sequence[Gold], ask: Callable[[str, Sequence[str]], Answer]) -> Report:
    """Ask every question and hold the answers against the gold."""
    return report_on([judge(wanted, ask(wanted.question, wanted.history)) for wanted in gold])


def judge(wanted: Gold, answer: Answer) -> Judgment:
    """Hold one answer against its gold. White space, marks and full width do not count."""
    text = _plain(answer.text)
    paragraphs = [_plain(citation.paragraph.text) for citation in answer.citations]
    cite = [any(_plain(c) in p for p in paragraphs) for c in wanted.cite]
    if wanted.any:
        cite.append(any(_plain(c) in p for c in wanted.any for p in paragraphs))
    keys = [_plain(key) for key in (*wanted.must, *wanted.cite, *wanted.any)]
    useful = [any(key in paragraph for key in keys) for paragraph in paragraphs]
    quotes = (*answer.citations, *answer.nearest)
    quoted = [_plain(c.quote) for c in answer.citations]
    near = "".join(_plain(c.quote) for c in answer.nearest)
    return Judgment(
        gold=wanted,
        abstained=answer.abstained,
        said=_share(_plain(must) in text for must in wanted.must),
        cited=_share(cite),
        precise=_share(useful),
        recalled=_share(any(a in q or q in a for q in quoted) for a in map(_plain, wanted.any)),
        outside=sum(
            not c.essay.document.endswith(wanted.documents or "") for c in answer.citations
        ),
        forbidden=any(_plain(never) in text for never in wanted.must_not),
        nearest=all(_plain(must) in near for must in wanted.must),
        verbatim=all(c.paragraph.text[c.start : c.end] == c.quote for c in quotes),
        likely=float(not answer.abstained) if answer.likely is None else answer.likely,
        seconds=answer.seconds.get("total", 0.0),
    )


def report_on(judged: Sequence[Judgment]) -> Report:
    """Put the judgments of all answers, at least one, into figures."""
    can = [j for j in judged if j.gold.kind != UNANSWERABLE]
    cannot = [j for j in judged if j.gold.kind == UNANSWERABLE]
    seconds = sorted(j.seconds for j in judged)
    kinds = dict.fromkeys(j.gold.kind for j in judged)
    scores, others = [j.likely for j in can], [j.likely for j in cannot]
    counts = {kind: Counter(j.outcome for j in judged if j.gold.kind == kind) for kind in kinds}
    return Report(
        questions=len(judged),
        pass_rate=_share(j.passed for j in judged),
        by_kind={kind: _share(j.passed for j in judged if j.gold.kind == kind) for kind in kinds},
        said=_share(j.said for j in can),
        cited=_share(j.cited for j in can),
        precise=_share(j.precise for j in can if not j.abstained),
        recalled=_share(j.recalled for j in can if not j.abstained),
        outcomes={kind: {o: counts[kind][o] for o in OUTCOMES} for kind in kinds},
        outside=sum(j.outside for j in judged),
        forbidden=sum(j.forbidden for j in judged),
        nearest=_share(j.nearest for j in can if j.abstained),
        calibration=_calibration(judged),
        verbatim=_share(j.verbatim for j in judged),
        refused=_share(j.abstained for j in cannot),
        answered=_share(not j.abstained for j in can),
        auroc=auroc(scores, others),
        refused_at_kept=refused_at(KEPT, scores, others),
        p50=seconds[len(seconds) // 2],
        p95=seconds[int(len(seconds) * 0.95)],
        failed=tuple(j.gold.question for j in judged if not j.passed),
        passed={j.gold.id or j.gold.question: j.passed for j in judged},
    )


def _calibration(judged: Sequence[Judgment]) -> tuple[tuple[float, float, int], ...]:
    """What the probabilities say and what is right, by tenths."""
    tenths: dict[int, list[Judgment]] = {}
    for each in judged:
        tenths.setdefault(min(int(each.likely * 10), 9), []).append(each)
    return tuple(
        (
            fmean(each.likely for each in own),
            fmean(each.passed and not each.abstained for each in own),
            len(own),
        )
        for _, own in sorted(tenths.items())
    )


@dataclass(frozen=True, slots=True)
class Paired:
    """Two runs on the same questions."""

    both: int  # passed by both
    first: tuple[str, ...]  # ids of those passed by the first alone
    second: tuple[str, ...]
    neither: int
    chance: float  # two-sided exact probability of so uneven a split (McNemar's test)


def paired(first: Mapping[str, bool], second: Mapping[str, bool]) -> Paired:
    """Compare two runs question by question; questions of one run alone do not count.

    >>> paired({"a": True, "b": True, "c": False}, {"a": True, "b": False, "c": False})
    Paired(both=1, first=('b',), second=(), neither=1, chance=1.0)
    """
    shared = [name for name in first if name in second]
    one = tuple(n for n in shared if first[n] > second[n])
    other = tuple(n for n in shared if second[n] > first[n])
    n, least = len(one) + len(other), min(len(one), len(other))
    tail = sum(math.comb(n, k) for k in range(least + 1)) / 2**n
    both = sum(first[n] and second[n] for n in shared)
    neither = len(shared) - both - len(one) - len(other)
    return Paired(both, one, other, neither, min(1.0, 2 * tail))


def _share(held: Iterable[float]) -> float:
    """The mean; 1 of nothing."""
    return fmean(list(held) or [1.0])


def _plain(text: str) -> str:
    return re.sub(r"[\s*#>`\[\]_\\]", "", unicodedata.normalize("NFKC", text))
