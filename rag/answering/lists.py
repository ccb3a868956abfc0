"""Answers that are measures: all of an essay, those on a topic, those of several essays.

Lists come from the records, not from a cut of the best k: what passes is all there is, and the
answer says how many there are. Where there are too many to read, the level above is listed, with
how many stand under each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.draft import Draft
from rag.answering.evidence import Desk, Evidence, to_the_letter
from rag.answering.facts import ENOUGH, missing, quote_best, whence
from rag.answering.question import Question, Term
from rag.answering.refusal import Refused
from rag.answering.shelf import Book, Node
from rag.citing import escape
from rag.sentences import sentence_spans
from rag.types import Coverage, Essay

_LED = 0.72  # coverage of the topic by a lead from which the whole measure is the answer
_ENOUGH = 0.5  # score under which a sentence does not answer
_CLOSE = 0.72  # share of the best that others need
_HALF = 0.5  # coverage under which an essay is said not to speak of the topic
_FULL = 2200  # characters of a list that is written out in full
_MOST = 20  # items of a list; more are listed by the level above them
_SENTENCES = 6  # sentences that answer where no lead does
_BODY = 10  # characters under a lead from which it heads something
_SECTION = 3  # measures of a section from which most of them speak for it
_LOOSE = 6  # items where words were matched by meaning, which is less sure


@dataclass(frozen=True, slots=True)
class _Item:
    """What answers: a whole measure, or one sentence."""

    node: Node | None = None
    evidence: Evidence | None = None

    @property
    def length(self) -> int:
        """Characters of it."""
        return len(self.node.text if self.node else self.evidence.sentence.text)  # type: ignore[union-attr]

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in its essay."""
        if self.node:
            return self.node.paragraph.ordinal, self.node.measure.start
        sentence = self.evidence.sentence  # type: ignore[union-attr]
        return sentence.paragraph.ordinal, sentence.start


def everything(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write all measures of the essays, in order, with their count.

    Words that only say what sort of thing is asked for, and years, choose among the sections
    where some section is headed by them: 2026年重点工作.

    Raises:
        Refused: the essays have no measures.
    """
    written = False
    for book in desk.books(essays):
        nodes = _asked_sections(book, question)
        if not nodes:
            continue
        leaves = sum(not node.children for node in nodes)
        shown = _shallow(nodes)
        draft.say(f"{whence(book.essay)}：共 {leaves} 条")
        folded = len(shown) < len(nodes)
        draft.say(f"，按 {len(shown)} 个方面列出\n\n" if folded else "，已全部列出\n\n")
        top = min(node.measure.level for node in shown)
        room = _FULL // len(shown)
        for node in shown:
            draft.say("  " * (node.measure.level - top) + "- ")
            _measure(book, node, draft, 0 if folded else room)
            under = _under(book, node)
            draft.say(f"（下含 {under} 条）\n" if folded and under else "\n")
        draft.say("\n")
        written = True
    if not written:
        raise Refused("这些材料没有可以列出的措施")


def _asked_sections(book: Book, question: Question) -> list[Node]:
    """Return the nodes under the sections that the question's generic words and years name."""
    asked = [f"{year}年" for year in question.years] + list(question.generic)
    tops = [node for node in book.nodes if node.measure.parent is None]
    named = [sum(word in node.lead for word in asked) for node in tops]
    if not any(named) or len(tops) < 2 or max(named) < 2:
        return list(book.nodes)
    chosen = [node for node, count in zip(tops, named, strict=True) if count == max(named)]
    under = [child for node in chosen for child in _descendants(book, node)]
    return under or chosen


def _descendants(book: Book, node: Node) -> list[Node]:
    found = []
    for number in node.children:
        found += [book.nodes[number], *_descendants(book, book.nodes[number])]
    return found


def _under(book: Book, node: Node) -> int:
    return sum(not child.children for child in _descendants(book, node))


def _shallow(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes down to the deepest level at which they are few enough to read."""
    levels = sorted({node.measure.level for node in nodes}, reverse=True)
    for level in levels:
        shown = [node for node in nodes if node.measure.level <= level]
        if len(shown) <= _MOST:
            return shown
    return [node for node in nodes if node.measure.level == levels[-1]]


def listed(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the measures of `essays` on the topic, whole where their lead names it.

    Raises:
        Refused: none covers enough of the topic.
    """
    ranked = desk.rank(question, essays)
    ids = dict.fromkeys(evidence.sentence.essay.essay_id for evidence in ranked)
    books = [desk.shelf.book(essay_id) for essay_id in ids]
    chosen = [(book, items) for book in books if (items := _choose(desk, question, book, ranked))]
    if not chosen:
        raise Refused(missing(desk, question, ranked))
    chosen, left_out = _within(question, chosen)
    total = sum(item.length for _, items in chosen for item in items)
    count = sum(len(items) for _, items in chosen)
    room = _FULL // count if total > _FULL else _FULL
    for book, items in chosen:
        draft.say(f"{whence(book.essay)}：\n\n")
        for item in items:
            draft.say("- ")
            if item.node:
                _measure(book, item.node, draft, room)
            elif item.evidence:
                quote_best(desk, question, item.evidence.sentence, draft)
            draft.say("\n")
        draft.say("\n")
    measures = sum(item.node is not None for _, items in chosen for item in items)
    whole = measures == count  # sentences come by a threshold, and none can promise they are all
    if left_out:
        draft.say(f"按意思相近共找到 {count + left_out} 处，以上是最相近的 {count} 处。")
    else:
        draft.say(f"共 {count} 条，已全部列出。" if whole else f"共找到 {count} 处。")


def _within(
    question: Question, chosen: Sequence[tuple[Book, list[_Item]]]
) -> tuple[list[tuple[Book, list[_Item]]], int]:
    """Keep the best of what was found by everyday words; return also how many were left out."""
    items = sum(len(found) for _, found in chosen)
    if items <= _LOOSE or not any(term.official for term in question.terms):
        return list(chosen), 0
    kept, room = [], _LOOSE
    for book, found in chosen:  # the best essay first
        if room > 0:
            kept.append((book, found[:room]))
        room -= len(found)
    return kept, items - _LOOSE


def _choose(desk: Desk, question: Question, book: Book, ranked: Sequence[Evidence]) -> list[_Item]:
    """Return what of `book` answers, in its order: measures by their leads, else sentences."""
    nodes: dict[int, Node] = {}
    open_topics = []
    for topic in question.parts or (question.terms,):
        led = _led(desk, topic, book)
        for node in led:
            nodes.setdefault(node.number, node)
        if not led:
            open_topics.append(topic)
    items = [_Item(node=node) for node in nodes.values()]
    if open_topics:
        own = [e for e in ranked if e.sentence.essay.essay_id == book.essay.essay_id]
        least = max(_ENOUGH, _CLOSE * ranked[0].score)
        kept = [e for e in own if e.score >= least and e.sentence.node not in nodes]
        whole = _whole_sections(book, kept) if len(question.named.places) == 1 else []
        items += [_Item(node=node) for node in whole]
        inside = {node.number for node in whole}
        items += [_Item(evidence=e) for e in kept if e.sentence.node not in inside][:_SENTENCES]
    return sorted(items, key=lambda item: item.place)


def _whole_sections(book: Book, kept: Sequence[Evidence]) -> list[Node]:
    """Return the sections of which most measures answer: then the section is on the topic."""
    hit = {evidence.sentence.node for evidence in kept}
    found: list[Node] = []
    for node in book.nodes:
        answering = sum(number in hit for number in node.children)
        if len(node.children) >= _SECTION and 2 * answering > len(node.children):
            found += [node, *(book.nodes[number] for number in node.children)]
    return found


def _led(desk: Desk, topic: Sequence[Term], book: Book) -> list[Node]:
    """Return the measures whose lead names the topic, with what stands under them."""
    leads = [
        desk.matcher.coverage(topic, node.lead, meaning=False) if _heads(node) else 0.0
        for node in book.nodes
    ]
    top = max(leads, default=0.0)
    if top < _LED:
        return []
    found: dict[int, Node] = {}
    for node, lead in zip(book.nodes, leads, strict=True):
        if lead >= top - 0.1:
            found |= {n.number: n for n in (node, *_descendants(book, node))}
    return list(found.values())


def _heads(node: Node) -> bool:
    """Whether the lead heads something: measures, or text beyond itself."""
    return bool(node.children) or len(node.text) > len(node.lead) + _BODY


def _measure(book: Book, node: Node, draft: Draft, room: int) -> None:
    """Write a measure, its lead in bold; cut at a sentence's end where there is little room."""
    for paragraph, start, end in node.parts:
        lead = paragraph is node.paragraph and start == node.measure.start
        bold = (start, start + len(node.lead)) if lead else None
        stop = (
            start + len(node.lead) if lead and not room else _stop(paragraph.text, start, end, room)
        )
        draft.quote(book.essay, paragraph, start, stop, bold=bold, trail=node.trail)
        room -= stop - start
        if room <= 0 or stop < end:
            break


def _stop(text: str, start: int, end: int, room: int) -> int:
    """Return the end of the last whole sentence within `room`, of the first at least."""
    if end - start <= room:
        return end
    ends = [start + b for _, b in sentence_spans(text[start:end])]
    return max((stop for stop in ends if stop - start <= room), default=ends[0])


def compare(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> Coverage:
    """Write what each essay says on the topic, in their order, and name the silent ones.

    Raises:
        Refused: none says anything on it.
    """
    question = _supported_half(question, draft)
    found = {essay.essay_id: desk.rank(question, [essay]) for essay in essays}
    firsts = to_the_letter(question, [ranked[0] for ranked in found.values() if ranked])
    best = max(firsts, key=lambda e: e.score, default=None)
    named = bool(question.named.places or question.named.people)
    share = (0.5 if named else 0.7) * (best.score if best else 0.0)
    least = max(ENOUGH if question.figure else _ENOUGH, share)
    holding = {e.sentence.essay.essay_id for e in firsts}
    kept = {
        essay_id: _best(question, ranked, least, few=len(essays) <= 3)
        if essay_id in holding
        else []
        for essay_id, ranked in found.items()
    }
    speaking = [essay for essay in essays if kept[essay.essay_id]]
    if not speaking:
        raise Refused(missing(desk, question, [best] if best else []))
    rest = [essay for essay in essays if not kept[essay.essay_id]]
    silent = [essay for essay in rest if _silent(found[essay.essay_id])]
    vague = [essay for essay in rest if essay not in silent]
    if question.negated:
        draft.say(_naming("未提及", silent) + "\n\n提到的有：\n\n")
    for essay in speaking:
        title = f"《{escape(essay.title)}》" if essay.title else ""
        draft.say(f"{whence(essay)}{title}：\n\n")
        for evidence in kept[essay.essay_id]:
            draft.say("- ")
            quote_best(desk, question, evidence.sentence, draft)
            draft.say("\n")
        draft.say("\n")
    draft.say(f"{len(essays)} 篇中 {len(speaking)} 篇提到。")
    if not question.negated:
        draft.say(_naming("未提及", silent))
    draft.say(_naming("只有部分相近的表述，未列出", vague))
    return Coverage(len(essays), len(speaking), tuple(map(plain_name, silent)))


def _silent(ranked: Sequence[Evidence]) -> bool:
    """Whether an essay says nothing on the topic; half of it in one sentence is something."""
    return not ranked or max(evidence.coverage for evidence in ranked) < _HALF


def _naming(said: str, essays: Sequence[Essay]) -> str:
    return f"{said}：{'、'.join(escape(plain_name(essay)) for essay in essays)}。" if essays else ""


def _supported_half(question: Question, draft: Draft) -> Question:
    """Name the places beside the corpus's own that it has no essay of, and ask on without them."""
    named = question.named
    if not named.foreign or not named.places:
        return question
    draft.say(f"现有材料没有收录{escape('、'.join(named.foreign))}的文章。\n\n")
    kept = tuple(term for term in question.terms if term.text not in named.foreign)
    return replace(question, terms=kept, named=replace(named, foreign=()))


def _best(
    question: Question, ranked: Sequence[Evidence], least: float, *, few: bool
) -> list[Evidence]:
    """Return the sentences of one essay that answer, in its order: one for a figure."""
    if not ranked or ranked[0].score < least:
        return []
    most = 1 if question.figure else 4 if few else 2
    kept = [e for e in ranked if e.score >= max(least, 0.85 * ranked[0].score)][:most]
    return sorted(kept, key=lambda e: (e.sentence.paragraph.ordinal, e.sentence.start))


def plain_name(essay: Essay) -> str:
    """Return place, author or title of an essay, as it is."""
    return essay.place or essay.author or essay.title or essay.document
