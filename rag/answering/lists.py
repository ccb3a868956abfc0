"""Answers that are measures: all of an essay, or those on a topic.

Lists come from the records, not from a cut of the best k: what passes is all there is, and the
answer says how many there are. Where there are too many to read, the level above is listed, with
how many stand under each.
"""

import re
from collections.abc import Sequence

from rag.answering.draft import Draft
from rag.answering.evidence import Desk, Evidence
from rag.answering.facts import missing, quote_best, whence
from rag.answering.kinds import MEASURE
from rag.answering.question import Question, Term
from rag.answering.refusal import Refused, likely
from rag.answering.sentence_ranker import choose as choose_sentences
from rag.answering.shelf import Book, Node, Sentence
from rag.sentences import sentence_spans
from rag.types import Essay

_LED = 0.72  # coverage of the topic by a lead from which the whole measure is the answer
_TITLED = 0.9  # ... by the title from which all measures of the essay are
_ENOUGH = 0.5  # score under which a sentence does not answer
_CLOSE = 0.72  # share of the best that others need
_HELD = 0.5  # match from which a text speaks of a term
_FULL = 2200  # characters of a list that is written out in full
_MOST = 20  # items of a list; more are listed by the level above them
_SENTENCES = 6  # sentences that answer where no lead does
_BODY = 10  # characters under a lead from which it heads something
_SECTION = 3  # measures of a section from which most of them speak for it
_LOOSE = 6  # items where words were matched by meaning, which is less sure


_ARTICLE = re.compile(r"第[一二三四五六七八九十百零\d]+条")
_HOW_MANY = re.compile(
    rf"{MEASURE}[^，。？]{{0,6}}(?:几|多少)|(?:几|多少)(?:条|项|个|点)?{MEASURE}"
)
Item = Node | Sentence
"""What answers: a whole measure, or one sentence."""


def asks_all(question: Question) -> bool:
    """Whether a question without a topic asks for measures, or for how many there are."""
    return question.kind == "list" or bool(_HOW_MANY.search(question.text))


def asks_measures(question: Question) -> bool:
    """Whether a question on a named term asks what is done in it: “青苗工程”包括哪些做法."""
    return bool(re.search(MEASURE, question.text))


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
            written |= _paragraphs(book, draft)
            continue
        leaves = sum(not node.children for node in nodes)
        shown = shallow(nodes)
        draft.say(f"{whence(book.essay)}：共 {leaves} 条")
        folded = len(shown) < len(nodes)
        draft.say(f"，按 {len(shown)} 个方面列出" if folded else "，已全部列出")
        top = min(node.measure.level for node in shown)
        room = _FULL // len(shown)
        cut = folded or any(len(node.text) > room for node in shown)
        draft.say("，长的只引开头\n\n" if cut else "\n\n")
        for node in shown:
            draft.say("  " * (node.measure.level - top) + "- ")
            _measure(book, node, draft, 0 if folded else room)
            under = _under(book, node)
            draft.say(f"（下含 {under} 条）\n" if folded and under else "\n")
        draft.say("\n")
        written = True
    if not written:
        raise Refused("这些材料没有可以列出的措施")


def _paragraphs(book: Book, draft: Draft) -> bool:
    """Write the paragraphs of an essay without measures, where it is short enough to read."""
    body = [p for p in book.paragraphs if p.role == "body"]
    if book.essay.kind != "essay" or not body or sum(len(p.text) for p in body) > _FULL:
        return False
    draft.say(f"{whence(book.essay)}：没有分条，原文共 {len(body)} 段\n\n")
    for paragraph in body:
        draft.say("- ")
        draft.quote(book.essay, paragraph, 0, len(paragraph.text), trail=paragraph.trail)
        draft.say("\n")
    draft.say("\n")
    return True


def article(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> bool:
    """Write the article of a statute that the question names by its number, 第十一条."""
    named = _ARTICLE.search(question.text)
    written = False
    for book in desk.books(essays) if named else ():
        for node in book.nodes:
            if named and node.lead.startswith(named.group()):
                draft.say(f"{whence(book.essay)}：\n\n")
                for own in (node, *_descendants(book, node)):
                    draft.say("  " * (own.measure.level - node.measure.level) + "- ")
                    _measure(book, own, draft, _FULL)
                    draft.say("\n")
                written = True
    return written


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


def shallow(nodes: Sequence[Node]) -> list[Node]:
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
    draft.likely = likely(question, choose_sentences(desk, question, ranked))
    ids = dict.fromkeys(evidence.sentence.essay.essay_id for evidence in ranked)
    books = [desk.shelf.book(essay_id) for essay_id in ids]
    chosen = [(book, items) for book in books if (items := choose(desk, question, book, ranked))]
    if not chosen:
        raise Refused(missing(desk, question, ranked))
    chosen, left_out = _within(question, chosen)
    total = sum(len(item.text) for _, items in chosen for item in items)
    count = sum(len(items) for _, items in chosen)
    room = _FULL // count if total > _FULL else _FULL
    for book, items in chosen:
        draft.say(f"{whence(book.essay)}：\n\n")
        for item in items:
            draft.say("- ")
            write_item(desk, question, item, draft, room)
            draft.say("\n")
        draft.say("\n")
    measures = sum(isinstance(item, Node) for _, items in chosen for item in items)
    whole = measures == count  # sentences come by a threshold, and none can promise they are all
    if left_out:
        draft.say(f"按意思相近共找到 {count + left_out} 处，以上是最相近的 {count} 处。")
    else:
        draft.say(f"共 {count} 条，已全部列出。" if whole else f"共找到 {count} 处。")


def _within(
    question: Question, chosen: Sequence[tuple[Book, list[Item]]]
) -> tuple[list[tuple[Book, list[Item]]], int]:
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


def write_item(desk: Desk, question: Question, item: Item, draft: Draft, room: int) -> None:
    """Write a measure in `room` characters, its lead in bold, or a sentence."""
    if isinstance(item, Node):
        _measure(desk.shelf.book(item.measure.essay_id), item, draft, room)
    else:
        quote_best(desk, question, item, draft)


def choose(desk: Desk, question: Question, book: Book, ranked: Sequence[Evidence]) -> list[Item]:
    """Return what of `book` answers, in its order: measures by their leads, else sentences."""
    nodes: dict[int, Node] = {}
    announcing: dict[int, Sentence] = {}
    open_topics = []
    for topic in question.parts or (question.terms,):
        led = _led(desk, topic, book) or _titled(desk, topic, book)
        announced = {} if led else _announcing(desk, topic, book)
        nodes |= {node.number: node for node in led}
        announcing |= announced
        if not led and not announced:
            open_topics.append(topic)
    items: list[Item] = [*nodes.values(), *dict.fromkeys(announcing.values())]
    if open_topics:
        own = [e for e in ranked if e.sentence.essay.essay_id == book.essay.essay_id]
        least = max(_ENOUGH, _CLOSE * ranked[0].score)
        written = nodes.keys() | announcing.keys()
        kept = [e for e in own if e.score >= least and e.sentence.node not in written]
        if any(_on_all(desk, question, e) for e in ranked[:_LOOSE]):
            kept = [e for e in kept if _on_all(desk, question, e)]
        whole = _whole_sections(book, kept) if len(question.named.places) == 1 else []
        items += whole
        inside = {node.number for node in whole}
        items += [e.sentence for e in kept if e.sentence.node not in inside][:_SENTENCES]
    return sorted(items, key=lambda item: (item.paragraph.ordinal, item.start))


def _on_all(desk: Desk, question: Question, evidence: Evidence) -> bool:
    """Whether a sentence with its leads speaks of every word of a topic of two or three.

    A rare word outweighs the others: what 总书记 says of 人才 is not all that he said.
    """
    sentence = evidence.sentence
    text = (sentence.essay.title or "") + sentence.context + sentence.text
    few = 2 <= len(question.terms) <= 3
    return few and min(desk.matcher.matches(question.terms, text)) >= _HELD


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


def _titled(desk: Desk, topic: Sequence[Term], book: Book) -> list[Node]:
    """Return all measures of an essay whose title names the topic: then it is on nothing else."""
    title = book.essay.title or ""
    on_topic = desk.matcher.coverage(topic, title, meaning=False) >= _TITLED
    return list(book.nodes) if on_topic and len(book.nodes) <= _MOST else []


def _announcing(desk: Desk, topic: Sequence[Term], book: Book) -> dict[int, Sentence]:
    """Return the sentences on the topic that announce measures, by the numbers of those."""
    return {
        node.number: sentence
        for sentence in book.sentences
        if (announced := book.led_by(sentence))
        and desk.matcher.coverage(topic, sentence.text, meaning=False) >= _LED
        for node in announced
    }


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
