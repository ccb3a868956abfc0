"""The question's way through the floor: names → kind → essays → composer → checked answer."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from rag.answering import comparing, facts, lists, matters, whole
from rag.answering.draft import Draft
from rag.answering.evidence import Desk
from rag.answering.followup import stand_alone
from rag.answering.names import Names
from rag.answering.premise import contradicted
from rag.answering.question import Question, understand
from rag.answering.refusal import Refused
from rag.answering.scope import Scope, Scopes
from rag.answering.shelf import Sentence
from rag.citing import escape
from rag.types import Answer, Citation, Coverage, Essay, Filters

_MORE = re.compile(r"^(?:还有|另外还有|还有没有)(?:吗|么|别的|其他|其它|呢|没有)?[?？]?$")
_HELP = (
    "我根据已收录的材料回答问题，每句话都注明出自哪一段。可以这样问：某地在某方面有哪些措施；"
    "某个提法是谁提出的、具体指什么；各地在某方面分别怎么做；哪些地方提到了某项工作"
)
_PERSON = re.compile(r"(?<!其)[他她](?!们)|这位(?:同志|部长|书记|作者)?|该同志")
_POINTED = re.compile(r"哪里|哪儿|何[时地处]|什么时候|多大|几岁|为什么|为何|谁|是否|是不是|吗")
"""What asks for one thing: 储江是哪里人 is not answered by all that he wrote."""
_COMPOSERS = {"list": lists.listed, "who": facts.who, "define": facts.define}


class Answerer:
    """Answers questions on the essays of one generation. Thread-safe."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names = Names(desk.shelf.essays)
        self._scopes = Scopes(desk.shelf.records)

    def answer(self, text: str, history: Sequence[str], filters: Filters) -> Answer:
        """Answer `text`, or refuse with the reason and the nearest passage."""
        began = time.perf_counter()
        asked = self._stand_alone(text, history)
        question = understand(asked, self._names.find(asked))
        draft, coverage = Draft(), None
        understood = asked if asked != text else None
        seconds = {"understand": time.perf_counter() - began}
        began = time.perf_counter()
        scope = self._scopes.everything
        try:
            if history and _MORE.search(text):
                raise Refused("上一个回答已经列出现有材料中的相关内容")
            scope = self._scope(question, filters)
            coverage = self._compose(question, scope, draft)
            draft.say(scope.reprints(draft.cited))
        except Refused as refusal:
            reason, nearest = self._why(question, scope, refusal)
            seconds["answer"] = time.perf_counter() - began
            refused = _refusal(text, question, reason, nearest, understood, seconds)
            return replace(refused, likely=draft.likely)
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
            likely=draft.likely,
            seconds=seconds,
        )

    def _stand_alone(self, text: str, history: Sequence[str]) -> str:
        """Return the question that `text` stands for.

        第三条 is the third thing last cited, 他 the author of all that was.
        """
        asked = understand(text, self._names.find(text))
        ordinal, person = asked.ordinal, _PERSON.search(text)
        if history and (ordinal or person):
            last = self.answer(history[-1], history[:-1], Filters())
            authors = {cited.essay.author for cited in last.citations}
            if person and len(authors) == 1 and (author := authors.pop()):
                return _PERSON.sub(author, text, count=1)
            if ordinal and 0 < ordinal <= len(last.citations):
                cited = last.citations[ordinal - 1]
                topic = cited.trail[-1] if cited.trail else cited.quote
                if asked.kind == "who":
                    return f"“{topic.rstrip('。：，；')}”是谁提出的？"
                return f"{cited.essay.place or ''}怎样{topic.rstrip('。：，；')}？"
        return stand_alone(text, history, self._names)

    def _why(
        self, question: Question, essays: Sequence[Essay], refusal: Refused
    ) -> tuple[str, Sentence | None]:
        """Return why there is no answer, and the sentence that is nearest to one."""
        if found := contradicted(self._desk, question, essays):
            return found
        nearest = self._desk.nearest(question, essays) if question.terms else None
        return refusal.reason, nearest

    def _scope(self, question: Question, filters: Filters) -> Scope:
        """Return the essays that the question's names and the filters allow.

        Raises:
            Refused: there are none, or the question names a place or person the corpus has not.
        """
        named = question.named
        if not self._scopes.everything:
            raise Refused("还没有收录任何材料")
        if named.strangers:
            raise Refused(f"现有材料中没有{escape('、'.join(named.strangers))}的文章")
        if absent := [issue for issue in named.issues if issue not in self._scopes.issues]:
            raise Refused(f"现有材料中没有第{'、'.join(absent)}期")
        if not (found := self._scopes.of(named, filters)):
            raise Refused("没有符合所选范围的材料")
        return found

    def _compose(self, question: Question, essays: Scope, draft: Draft) -> Coverage | None:
        """Hand the question to the composer of its kind."""
        desk, counted = self._desk, essays.counted
        named = question.named
        limited = bool(named.places or named.people or named.essays) or len(counted) == 1
        text, vague = question.text, not question.terms and question.figure is None
        if question.kind == "help":
            raise Refused(_HELP)
        if limited and question.ordinal and whole.numbered(desk, question, essays, draft):
            return None
        signed = matters.asks_byline(question)
        if question.kind == "compare" and not signed:
            return comparing.compare(desk, question, counted, draft)
        dated = question.figure is not None and question.figure.kind == "date"
        if question.kind == "document" or (limited and dated and not question.terms):
            matters.answer_document(desk, question, essays, draft)
        elif signed and (limited or named.issuing or question.kind == "compare"):
            matters.answer_byline(desk, question, counted, draft)
        elif question.kind == "define" and lists.asks_measures(desk, question, essays):
            lists.listed(desk, question, essays, draft)
        elif limited and question.kind == "summary":
            matters.answer_summary(desk, question, counted, draft)
        elif limited and (
            (not question.terms and whole.asks_all(question))
            or (vague and question.kind == "fact" and not _POINTED.search(text))
        ):
            whole.everything(desk, question, counted, draft)
        else:
            _COMPOSERS.get(question.kind, facts.one_fact)(desk, question, essays, draft)
        return None


def _refusal(
    text: str,
    question: Question,
    reason: str,
    nearest: Sentence | None,
    understood: str | None,
    seconds: dict[str, float],
) -> Answer:
    return Answer(
        question=text,
        kind=question.kind,
        text=f"{reason}。",
        citations=(),
        abstained=True,
        reason=reason,
        nearest=(_nearest(nearest),) if nearest else (),
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
