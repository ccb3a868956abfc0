"""Answers that are one sentence or a few: figures, facts, people, what a term means."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from rag.answering.defining import WHICH, defines, fullness, tells_all, term_span, unnamed
from rag.answering.draft import Draft
from rag.answering.evidence import MANY, Desk, Evidence, to_the_letter
from rag.answering.figures import answer_span, figures, holds, of_the_thing
from rag.answering.names import short_place
from rag.answering.question import Question
from rag.answering.refusal import Refused, enough, likely
from rag.answering.sentence_ranker import choose
from rag.answering.shelf import Node, Sentence
from rag.citing import escape
from rag.types import Essay, Paragraph, Span

ENOUGH = 0.62  # coverage under which nothing is said
_ENOUGH_LOOSE = 0.5  # ... where the question is in everyday words, and several may answer
_CLOSE = 0.93  # share of the best's score that another essay's sentence needs to stand beside it
_WHOLE = 0.99  # coverage from which nothing of the topic is wanting
_BESIDE = 1.5  # merit that it may lack
LONG = 260  # characters from which a sentence is cut to the clauses that answer
_ANNOUNCED = 600  # characters up to which a sentence and what it announces are one quote
_LONG_FIGURE = 120  # ... where the answer is a figure
_SHORT = 3  # words of a topic beside a name that the sentence with its figure must all speak of
_CLOSELY = 20  # sentences that are looked into for what a refusal says
_MOST = {"number": 3, "fact": 3, "who": 6, "define": 3}
_CLAUSE = re.compile(r"[^，；：。！？]+[，；：。！？]?[”’」』）]*")


def one_fact(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the sentences that answer best, at most one an essay.

    Raises:
        Refused: no sentence covers enough of the topic.
    """
    for evidence in best(desk, question, essays, draft):
        draft.say(f"{whence(evidence.sentence.essay)}：")
        quote_best(desk, question, evidence.sentence, draft)
        draft.say("\n\n")


def who(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write who says it, by the byline, and the sentence that says it."""
    for evidence in best(desk, question, essays, draft):
        sentence = evidence.sentence
        byline(desk, sentence.essay, draft)
        draft.say("：")
        quote_whole(desk, sentence, (sentence.start, sentence.end), draft)
        draft.say("\n\n")


def define(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the sentences that say what the term means or is made of, the fullest first."""
    found = best(desk, question, essays, draft)
    for evidence in sorted(found, key=lambda e: -fullness(question, e.sentence)):
        sentence = evidence.sentence
        draft.say(f"{whence(sentence.essay)}：")
        span = _clauses(desk, question, sentence)
        quote_whole(desk, sentence, span, draft, bold=term_span(question, sentence))
        draft.say("\n\n")


def best(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> list[Evidence]:
    """Return the best sentence of each essay that comes close to the best of all.

    Where more essays come close than are quoted, the draft says how many.

    Raises:
        Refused: none is good enough.
    """
    ranked = to_the_letter(question, desk.rank(question, essays))
    choices = [c for c in choose(desk, question, ranked) if _gives(desk, question, c.evidence)]
    if question.kind == "define":  # what says 是指 before what only uses the term
        full = 0.95 * max((choice.evidence.coverage for choice in choices), default=0.0)
        choices.sort(key=lambda c: c.evidence.coverage < full or not defines(question, c.evidence))
    draft.likely = likely(question, choices)
    if not choices and (lacking := unnamed(question, ranked[:_CLOSELY])):
        raise Refused(lacking)
    least = _ENOUGH_LOOSE if question.kind in {"fact", "list"} else ENOUGH
    if not choices or ranked[0].score < least:
        raise Refused(missing(desk, question, ranked))
    if draft.likely < enough() and not _word_for_word(question, ranked[0]):
        raise Refused(missing(desk, question, ranked))
    firsts: dict[str, Evidence] = {}
    for choice in choices:
        evidence = choice.evidence
        near = choice.merit >= choices[0].merit - _BESIDE
        if near and evidence.score >= _CLOSE * choices[0].evidence.score:
            firsts.setdefault(evidence.sentence.essay.essay_id, evidence)
    most = _MOST.get(question.kind, 3)
    if len(firsts) > most:
        found = "共有" if len(essays) <= MANY else "最相近的段落中有"
        draft.say(f"{found} {len(firsts)} 篇提到，以下是最相近的 {most} 篇。\n\n")
    return list(firsts.values())[:most]


def _word_for_word(question: Question, evidence: Evidence) -> bool:
    """Whether a term in quotation marks stands there as it is, and all else asked for too.

    The probability was learned from questions without such terms.
    """
    return bool(question.named.quoted) and evidence.coverage >= _WHOLE


def _gives(desk: Desk, question: Question, evidence: Evidence) -> bool:
    """Whether a sentence can give the figure asked for, itself or by what it announces.

    Where it is asked which five there are, it names as many.
    """
    if question.kind == "define" and (which := WHICH.search(question.text)):
        return tells_all(desk, question, evidence.sentence, which.group(1))
    if question.kind != "number" or question.figure is None:
        return True
    named = question.named.places or question.named.people
    if named and len(question.terms) <= _SHORT and not desk.speaks(question.terms, evidence):
        return False  # 人均生产总值 for 山东省海洋生产总值
    sentence = evidence.sentence
    announced = desk.shelf.book(sentence.essay.essay_id).led_by(sentence)
    text = "".join([sentence.text, *(node.text for node in announced)])
    return holds(question.figure, of_the_thing(question, text))


def missing(desk: Desk, question: Question, ranked: Sequence[Evidence]) -> str:
    """Say which words of the topic the nearest sentence does not hold."""
    if not question.terms:
        return "这不是关于材料内容的问题，或者问得过于笼统"
    if question.named.foreign and not ranked:
        return f"现有材料中没有提到{escape('、'.join(question.named.foreign))}"
    near = ranked[0].sentence.text + ranked[0].sentence.context if ranked else ""
    where = "、".join(question.named.places)
    scope = f"{where}的材料" if where else "现有材料"
    if _scattered(desk, question, ranked):
        words = "、".join(f"“{escape(term.text)}”" for term in question.terms[:4])
        return f"{scope}中没有一处同时说到{words}"
    lost = [term.text for term in question.terms if desk.matcher.match(term, near) < 0.5]
    named = "、".join(f"“{escape(word)}”" for word in lost[:4])
    return f"{scope}中没有找到关于{named or ('这一数字' if question.figure else '这一问题')}的内容"


def _scattered(desk: Desk, question: Question, ranked: Sequence[Evidence]) -> bool:
    """Whether every word of the topic is spoken of somewhere, though never together."""
    if len(question.terms) < 2 or question.figure or not ranked:
        return False
    held = [desk.matcher.matches(question.terms, e.sentence.text) for e in ranked[:_CLOSELY]]
    return all(max(matches) >= 0.5 for matches in zip(*held, strict=True))


def known_as(essay: Essay) -> str:
    """Return what an essay is called: place, author or title, else the name of its file.

    An author without an office is a reporter, who says less of a text than its title.
    """
    author = essay.author if essay.office or not essay.title else None
    stated = essay.place or author or essay.title or essay.publication
    return stated or PurePosixPath(essay.document).stem


def whence(essay: Essay) -> str:
    """Return how an essay is named before its words, as Markdown."""
    return f"**{escape(known_as(essay))}**"


def byline(desk: Desk, essay: Essay, draft: Draft) -> None:
    """Write place, office, author and title, the last three from the paragraphs that state them."""
    paragraphs = desk.shelf.book(essay.essay_id).paragraphs
    signed = next((p for p in paragraphs if p.role == "byline"), None)
    titled = next((p for p in paragraphs if p.role == "title"), None)
    office = essay.office or ""
    if not signed or (essay.place and short_place(essay.place) not in office):
        draft.say(f"{whence(essay)} " if signed else whence(essay))
    if signed:
        text = " ".join(filter(None, (office, essay.author))) or signed.text
        draft.say(f"**{escape(text)}**{draft.cite(essay, signed, 0, len(signed.text))}")
    elif within := _named_within(paragraphs, essay.author):
        draft.say(" ")
        draft.quote(essay, *within, bold=None, trail=())
    if titled:
        mark = draft.cite(essay, titled, 0, len(titled.text))
        draft.say(f"《{escape(essay.title or titled.text)}》{mark}")


def states_author(desk: Desk, essay: Essay) -> bool:
    """Whether a paragraph of the essay can be cited for its author or title."""
    paragraphs = desk.shelf.book(essay.essay_id).paragraphs
    stated = any(p.role in {"byline", "title"} for p in paragraphs)
    return stated or _named_within(paragraphs, essay.author) is not None


def _named_within(
    paragraphs: Sequence[Paragraph], author: str | None
) -> tuple[Paragraph, int, int] | None:
    """Return where the text names its author, with the brackets around: （记者 王丹瑶）."""
    name = re.escape((author or "").split("、")[0])
    pattern = re.compile(rf"[（(][^（(）)]*{name}[^（(）)]*[）)]|{name}")
    for paragraph in paragraphs if name else ():
        if found := pattern.search(paragraph.text):
            return paragraph, *found.span()
    return None


def quote(
    draft: Draft, sentence: Sentence, start: int, end: int, *, bold: Span | None = None
) -> None:
    """Quote a part of `sentence`."""
    draft.quote(sentence.essay, sentence.paragraph, start, end, bold=bold, trail=sentence.trail)


def quote_best(
    desk: Desk, question: Question, sentence: Sentence, draft: Draft, room: int = LONG
) -> None:
    """Quote the sentence, one over `room` in the clauses that answer, the figure in bold."""
    span = _clauses(desk, question, sentence, room)
    bold = answer_span(desk.matcher, question, sentence)
    quote_whole(desk, sentence, span, draft, bold=bold)


def quote_whole(
    desk: Desk, sentence: Sentence, span: Span, draft: Draft, *, bold: Span | None = None
) -> None:
    """Quote a part of `sentence` with what that announces: 有下列情形之一的：（一）…."""
    start, end = span
    announced = desk.shelf.book(sentence.essay.essay_id).led_by(sentence)
    if announced:
        end = _end_of(sentence, announced)
    quote(draft, sentence, start, end, bold=bold)
    if end == sentence.end:
        for node in announced:
            draft.say("\n  - ")
            paragraph, start, end = node.parts[0]
            draft.quote(sentence.essay, paragraph, start, end, trail=node.trail)


def _end_of(sentence: Sentence, announced: Sequence[Node]) -> int:
    """Return where what is announced ends if it stands in the same paragraph and is not long."""
    ends = [end for node in announced for p, _, end in node.parts if p is sentence.paragraph]
    whole = len(ends) == sum(len(node.parts) for node in announced)
    near = whole and max(ends) - sentence.start <= _ANNOUNCED
    return max(ends) if near else sentence.end


def _clauses(desk: Desk, question: Question, sentence: Sentence, room: int = LONG) -> Span:
    """Return the sentence, or where it is long the stretch of clauses that holds the topic."""
    if sentence.end - sentence.start <= (min(room, _LONG_FIGURE) if question.figure else room):
        return sentence.start, sentence.end
    spans = [
        (m.start() + sentence.start, m.end() + sentence.start)
        for m in _CLAUSE.finditer(sentence.text)
    ]
    text = sentence.paragraph.text
    scores = [desk.matcher.coverage(question.terms, text[a:b]) for a, b in spans]
    kept = [i for i, score in enumerate(scores) if score >= 0.5 * max(scores)]
    if not kept or max(scores) == 0:
        return sentence.start, sentence.end
    first, last = kept[0], kept[-1]
    if question.figure:  # the figure may stand in the next clause
        while last + 1 < len(spans) and not figures(text[spans[first][0] : spans[last][1]]):
            last += 1
    while last + 1 < len(spans) and spans[last][1] - spans[first][0] < room // 3:
        last += 1
    return spans[first][0], spans[last][1]
