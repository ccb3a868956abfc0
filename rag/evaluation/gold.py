"""Answers against questions made by hand: what had to be said, cited and refused.

A gold file has one object a line: `question`, `type`, `must` (strings the answer has to hold),
`cite` (strings, each of which has to stand in some cited paragraph), `any` (one of these is
enough), `history` (earlier questions), `id`. One of type "unanswerable" has to be refused.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rag.errors import BadInput
from rag.evaluation.measures import auroc, refused_at
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


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer, held against its gold."""

    gold: Gold
    abstained: bool
    said: float  # share of `must` that the answer holds
    cited: float  # share of `cite` and `any` that the cited paragraphs hold
    precise: float  # share of the citations whose paragraph holds something wanted
    verbatim: bool  # every quote stands in its paragraph at its offsets
    likely: float  # that the corpus answers it
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether it is right in every respect."""
        if self.gold.kind == UNANSWERABLE:
            return self.abstained and self.verbatim
        return not self.abstained and self.verbatim and self.said == self.cited == 1


@dataclass(frozen=True, slots=True)
class Report:
    """Figures over all questions; shares 0..1, seconds a question."""

    questions: int
    pass_rate: float
    by_kind: dict[str, float]
    said: float
    cited: float
    precise: float
    verbatim: float
    refused: float  # of those that have to be
    answered: float  # of those that can be
    auroc: float  # of the probability that the corpus answers a question
    refused_at_kept: float  # share refused of those to be, where `KEPT` of the others is answered
    p50: float
    p95: float
    failed: tuple[str, ...]  # the questions that did not pass

    def as_json(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return asdict(self)


def read_gold(path: Path) -> list[Gold]:
    """Read a gold file.

    Raises:
        BadInput: not there, or a line that is no question.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            made = json.loads(line)
            lists = {name: tuple(made.get(name, ())) for name in ("must", "cite", "any", "history")}
            found.append(Gold(made["question"], made["type"], id=str(made.get("id", "")), **lists))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path}, line {number}: no gold question ({error!r})") from error
    if not found:
        raise BadInput(f"{path} holds no question")
    return found


def evaluate(gold: Sequence[Gold], ask: Callable[[str, Sequence[str]], Answer]) -> Report:
    """Ask every question and hold the answers against the gold."""
    return _report(list(_judge_all(gold, ask)))


def _judge_all(
    gold: Sequence[Gold], ask: Callable[[str, Sequence[str]], Answer]
) -> Iterator[Judged]:
    for wanted in gold:
        yield judge(wanted, ask(wanted.question, wanted.history))


def judge(wanted: Gold, answer: Answer) -> Judged:
    """Hold one answer against its gold. White space, marks and full width do not count."""
    text = _plain(answer.text)
    paragraphs = [_plain(citation.paragraph.text) for citation in answer.citations]
    cite = [any(_plain(c) in p for p in paragraphs) for c in wanted.cite]
    if wanted.any:
        cite.append(any(_plain(c) in p for c in wanted.any for p in paragraphs))
    keys = [_plain(key) for key in (*wanted.must, *wanted.cite, *wanted.any)]
    useful = [any(key in paragraph for key in keys) for paragraph in paragraphs]
    quotes = (*answer.citations, *answer.nearest)
    return Judged(
        gold=wanted,
        abstained=answer.abstained,
        said=_share([_plain(must) in text for must in wanted.must]),
        cited=_share(cite),
        precise=_share(useful),
        verbatim=all(c.paragraph.text[c.start : c.end] == c.quote for c in quotes),
        likely=likely(answer),
        seconds=answer.seconds.get("total", 0.0),
    )


def likely(answer: Answer) -> float:
    """Return how likely it was to be answered, 0..1; a rule that did not weigh it was sure."""
    return float(not answer.abstained) if answer.likely is None else answer.likely


def _report(judged: Sequence[Judged]) -> Report:
    can = [j for j in judged if j.gold.kind != UNANSWERABLE]
    cannot = [j for j in judged if j.gold.kind == UNANSWERABLE]
    seconds = sorted(j.seconds for j in judged)
    kinds = dict.fromkeys(j.gold.kind for j in judged)
    scores, others = [j.likely for j in can], [j.likely for j in cannot]
    return Report(
        questions=len(judged),
        pass_rate=_share([j.passed for j in judged]),
        by_kind={kind: _share([j.passed for j in judged if j.gold.kind == kind]) for kind in kinds},
        said=fmean([j.said for j in can] or [1.0]),
        cited=fmean([j.cited for j in can] or [1.0]),
        precise=fmean([j.precise for j in can] or [1.0]),
        verbatim=_share([j.verbatim for j in judged]),
        refused=_share([j.abstained for j in cannot]),
        answered=_share([not j.abstained for j in can]),
        auroc=auroc(scores, others),
        refused_at_kept=refused_at(KEPT, scores, others),
        p50=seconds[len(seconds) // 2],
        p95=seconds[int(len(seconds) * 0.95)],
        failed=tuple(j.gold.question for j in judged if not j.passed),
    )


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 1.0


def _plain(text: str) -> str:
    return re.sub(r"[\s*#>`\[\]_\\]", "", unicodedata.normalize("NFKC", text))
