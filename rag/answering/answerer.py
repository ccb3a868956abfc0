"""The question's way through the floor: names → kind → essays → composer → checked answer."""

import time
from collections.abc import Sequence

from rag.answering import facts, lists, matters
from rag.answering.draft import Draft, escape
from rag.answering.evidence import Desk
from rag.answering.followup import stand_alone
from rag.answering.names import Names
from rag.answering.question import Question, understand
from rag.answering.refusal import Refused
from rag.answering.shelf import Sentence
from rag.types import Answer, Citation, Coverage, Essay, Filters

_HELP = (
    "我根据已收录的材料回答问题，每句话都注明出自哪一段。可以这样问：某地在某方面有哪些措施；"
    "某个提法是谁提出的、具体指什么；各地在某方面分别怎么做；哪些地方提到了某项工作。"
)


class Answerer:
    """Answers questions on the essays of one generation. Thread-safe."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names = Names(desk.shelf.essays)

    def answer(self, text: str, history: Sequence[str], filters: Filters) -> Answer:
        """Answer `text`, or refuse with the reason and the nearest passage."""
        began = time.perf_counter()
        whole = stand_alone(text, history, self._names)
        question = understand(whole, self._names.find(whole))
        draft, coverage = Draft(), None
        understood = whole if whole != text else None
        seconds = {"understand": time.perf_counter() - began}
        began = time.perf_counter()
        try:
            essays = self._essays(question, filters)
            coverage = self._compose(question, essays, draft)
        except Refused as refusal:
            seconds["answer"] = time.perf_counter() - began
            return _refusal(text, question, refusal, understood, seconds)
        markdown, citations = draft.finish()
        seconds["answer"] = time.perf_counter() - began
        return Answer(
            question=text,
            kind=question.kind,
            text=markdown,
            citations=citations,
            abstained=False,
            reason=None,
            coverage=coverage,
            understood=understood,
            seconds=seconds,
        )

    def _essays(self, question: Question, filters: Filters) -> list[Essay]:
        """Return the essays that the question's names and the filters allow.

        Raises:
            Refused: there are none, or the question names a place or person the corpus has not.
        """
        named = question.named
        if named.strangers:
            raise Refused(f"现有材料中没有{escape('、'.join(named.strangers))}的文章")
        essays = [
            essay
            for essay in self._desk.shelf.records.essays_where(filters)
            if (not named.places or essay.place in named.places)
            and (not named.people or set((essay.author or "").split("、")) & set(named.people))
            and (not named.publications or essay.publication in named.publications)
        ]
        if not essays:
            raise Refused("没有符合所选范围的材料")
        return essays

    def _compose(
        self, question: Question, essays: Sequence[Essay], draft: Draft
    ) -> Coverage | None:
        desk, counted = self._desk, [essay for essay in essays if essay.kind == "essay"]
        named = question.named
        limited = bool(named.places or named.people)
        if question.kind == "help":
            raise Refused(_HELP)
        if question.kind == "document":
            matters.answer_document(desk, question, essays, draft)
        elif matters.asks_byline(question) and (limited or len(counted) == 1):
            matters.answer_byline(desk, question, counted, draft)
        elif question.kind == "compare":
            return lists.compare(desk, question, counted, draft)
        elif question.kind == "summary" and limited:
            matters.answer_summary(desk, question, counted, draft)
        elif question.kind == "list" and not question.terms and limited:
            lists.everything(desk, question, counted, draft)
        elif question.kind == "list":
            lists.listed(desk, question, essays, draft)
        elif question.kind == "who":
            facts.who(desk, question, essays, draft)
        elif question.kind == "define":
            facts.define(desk, question, essays, draft)
        else:
            facts.one_fact(desk, question, essays, draft)
        return None


def _refusal(
    text: str,
    question: Question,
    refusal: Refused,
    understood: str | None,
    seconds: dict[str, float],
) -> Answer:
    nearest = (_nearest(refusal.nearest),) if refusal.nearest else ()
    return Answer(
        question=text,
        kind=question.kind,
        text=f"{refusal.reason}。",
        citations=(),
        abstained=True,
        reason=refusal.reason,
        nearest=nearest,
        understood=understood,
        seconds=seconds,
    )


def _nearest(sentence: Sentence) -> Citation:
    return Citation(
        number=1,
        paragraph=sentence.paragraph,
        essay=sentence.essay,
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
        trail=sentence.trail,
    )
