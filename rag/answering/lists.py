"""Answers that are measures: lists, comparisons, who speaks of it and who does not.

Lists come from the records, not from a cut of the best k: what passes is all there is, and the
answer says how many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.draft import Draft, escape
from rag.answering.evidence import Desk, Evidence
from rag.answering.facts import missing, quote, whence
from rag.answering.question import Question, Term
from rag.answering.refusal import Refused
from rag.answering.shelf import Book, Node, Sentence
from rag.sentences import sentence_spans
from rag.types import Coverage, Essay

_LED = 0.72  # coverage of the topic by a lead from which the whole measure is the answer
_ENOUGH = 0.5  # coverage under which a measure or sentence does not answer
_CLOSE = 0.8  # share of the best that others of the same essay need
_FULL = 2200  # characters of a list that is written out in full
_BRIEF = 60  # characters of a measure's text in a list that is not
_EACH = 2  # sentences an essay in a comparison of all
_LITERAL = 0.85  # coverage by letters from which an essay speaks of a topic


@dataclass(frozen=True, slots=True)
class Chosen:
    """A measure that answers; `evidence` where only these sentences of it do."""

    node: Node | None
    evidence: tuple[Evidence, ...] = ()


def everything(desk: Desk, essays: Sequence[Essay], draft: Draft) -> None:
    """Write all measures of the essays, in order, with their count."""
    books = [book for book in desk.books(essays) if book.nodes]
    if not books:
        raise Refused("这些材料没有可以列出的措施")
    room = _FULL // max(1, sum(len(book.leaves) for book in books))
    for book in books:
        draft.say(f"{whence(book.essay)}：共 {len(book.leaves)} 条，已全部列出\n\n")
        _tree(book, draft, room)


def listed(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the measures of `essays` on the topic, whole where their lead names it.

    Raises:
        Refused: none covers enough of the topic.
    """
    topics = question.parts or (question.terms,)
    ranked = desk.rank(question, essays)
    ids = dict.fromkeys(e.sentence.essay.essay_id for e in ranked)
    books = [desk.shelf.book(essay_id) for essay_id in ids]
    limited = bool(question.named.places or question.named.people) or len(essays) == 1
    chosen: dict[str, list[Chosen]] = {}
    for book in books:
        found = [c for topic in topics for c in _choose(desk, topic, book, ranked, limited)]
        if found:
            chosen[book.essay.essay_id] = _merge(found)
    if not chosen:
        raise Refused(missing(desk, question, ranked), ranked[0].sentence if ranked else None)
    _write(desk, question, chosen, draft)


def _choose(
    desk: Desk, topic: tuple[Term, ...], book: Book, ranked: Sequence[Evidence], limited: bool
) -> list[Chosen]:
    """Return what of `book` answers: measures by their leads, or single sentences."""
    matcher = desk.matcher
    leads = [matcher.coverage(topic, node.lead) for node in book.nodes]
    top = max(leads, default=0.0)
    if top >= _LED:
        nodes = [node for node, lead in zip(book.nodes, leads, strict=True) if lead >= top - 0.1]
        return [Chosen(node) for node in _with_children(book, nodes)]
    own = [
        e
        for e in ranked
        if e.sentence.essay is book.essay or e.sentence.essay.essay_id == book.essay.essay_id
    ]
    best = max((e.score for e in own), default=0.0)
    overall = ranked[0].score if ranked else 0.0
    least = max(_ENOUGH, _CLOSE * (best if limited else overall))
    return [Chosen(None, (e,)) for e in own if e.score >= least][: 6 if limited else 3]


def _with_children(book: Book, nodes: Sequence[Node]) -> list[Node]:
    wanted: dict[int, Node] = {}
    for node in nodes:
        wanted[node.number] = node
        for child in node.children:
            wanted.setdefault(child, book.nodes[child])
    return [wanted[number] for number in sorted(wanted)]


def _merge(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Drop what is there twice; keep the order of the essay."""
    nodes = {c.node.number: c for c in chosen if c.node}
    rest: dict[tuple[str, int], Chosen] = {}
    for c in chosen:
        for e in c.evidence:
            if e.sentence.node not in nodes:
                rest.setdefault((e.sentence.paragraph.paragraph_id, e.sentence.start), c)
    return [*(nodes[n] for n in sorted(nodes)), *rest.values()]


def _write(desk: Desk, question: Question, chosen: dict[str, list[Chosen]], draft: Draft) -> None:
    total = sum(
        len(c.node.text) if c.node else len(c.evidence[0].sentence.text)
        for found in chosen.values()
        for c in found
    )
    count = sum(len(found) for found in chosen.values())
    room = _FULL // count if total > _FULL else _FULL
    for essay_id, found in chosen.items():
        book = desk.shelf.book(essay_id)
        draft.say(f"{whence(book.essay)}：\n\n")
        for c in found:
            draft.say("- ")
            if c.node:
                _measure(book, c.node, draft, room)
            else:
                sentence = c.evidence[0].sentence
                quote(draft, sentence, sentence.start, sentence.end)
            draft.say("\n")
        draft.say("\n")
    draft.say(f"共 {count} 条，已全部列出。")


def _tree(book: Book, draft: Draft, room: int) -> None:
    for node in book.nodes:
        draft.say("  " * (node.measure.level - 1) + "- ")
        _measure(book, node, draft, room)
        draft.say("\n")
    draft.say("\n")


def _measure(book: Book, node: Node, draft: Draft, room: int) -> None:
    """Write a measure, its lead in bold; cut at a sentence's end where there is little room."""
    for paragraph, start, end in node.parts:
        lead = node.measure.start <= start < node.measure.end and paragraph is node.paragraph
        bold = (start, start + len(node.lead)) if lead else None
        stop = _stop(paragraph.text, start, end, max(room, len(node.lead)))
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
    strict = not question.named.places
    per_essay = {essay.essay_id: _of_essay(desk, question, essay) for essay in essays}
    top = max((found[0].score for found in per_essay.values() if found), default=0.0)
    least = max(_ENOUGH, (0.7 if strict else 0.5) * top)
    kept = {
        essay_id: [e for e in found if e.score >= max(least, 0.85 * found[0].score)]
        for essay_id, found in per_essay.items()
    }
    speaking = [essay for essay in essays if kept[essay.essay_id]]
    silent = tuple(plain_name(essay) for essay in essays if not kept[essay.essay_id])
    if not speaking:
        nearest = max((f[0] for f in per_essay.values() if f), key=lambda e: e.score, default=None)
        raise Refused(
            missing(desk, question, [nearest] if nearest else []),
            nearest.sentence if nearest else None,
        )
    each = _EACH if len(speaking) > 2 else 4
    for essay in speaking:
        title = f"《{escape(essay.title)}》" if essay.title else ""
        draft.say(f"{whence(essay)}{title}：\n\n")
        for evidence in sorted(kept[essay.essay_id][:each], key=_place):
            draft.say("- ")
            sentence = evidence.sentence
            quote(draft, sentence, sentence.start, sentence.end)
            draft.say("\n")
        draft.say("\n")
    draft.say(f"{len(essays)} 篇中 {len(speaking)} 篇提到。")
    if silent:
        draft.say(f"未提及：{'、'.join(map(escape, silent))}。")
    return Coverage(len(essays), len(speaking), silent)


def _of_essay(desk: Desk, question: Question, essay: Essay) -> list[Evidence]:
    return desk.rank(question, [essay])


def _place(evidence: Evidence) -> tuple[int, int]:
    sentence: Sentence = evidence.sentence
    return sentence.paragraph.ordinal, sentence.start


def plain_name(essay: Essay) -> str:
    """Return place, author or title of an essay, as it is."""
    return essay.place or essay.author or essay.title or essay.document
