"""Answers that are the measures on a topic, whole where their lead names it, else by sentences.

What passes is all there is, and the answer says how many there are.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.answering.defining import asks_parts
from rag.answering.draft import Draft
from rag.answering.evidence import BOOKS, MANY, Desk, Evidence
from rag.answering.facts import missing, quote_best, whence
from rag.answering.kinds import MEASURE
from rag.answering.question import Question, Term
from rag.answering.refusal import Refused, likely
from rag.answering.sentence_ranker import Choice
from rag.answering.sentence_ranker import choose as choose_sentences
from rag.answering.shelf import Book, Node, Sentence
from rag.answering.wanted import plain
from rag.answering.whole import FULL, MOST, descendants, shortened, write_measure
from rag.types import Essay

_LED = 0.72  # coverage of the topic by a lead from which the whole measure is the answer
_TITLED = 0.9  # ... by the title from which all measures of the essay are
_ENOUGH = 0.5  # score under which a sentence does not answer
_CLOSE = 0.72  # share of the best that others need
_SENTENCES = 6  # sentences that answer where no lead does
_BODY = 10  # characters under a lead from which it heads something
_SECTION = 3  # measures of a section from which most of them speak for it
_LOOSE = 6  # items where words were matched by meaning, which is less sure
_HOW = re.compile(r"([^，,。；]*)(?:怎么|怎样|如何|咋)")
_CLAUSE = re.compile(r"[,，。;；:：!！?？]")
_FIRST = 6  # sentences that tell whether any speaks of the whole topic


Item = Node | Sentence
"""What answers: a whole measure, or one sentence."""


def asks_measures(desk: Desk, question: Question, essays: Sequence[Essay]) -> bool:
    """Whether a question on a named term asks what is done in it: “青苗工程”包括哪些做法.

    Or into what it is parted, where measures stand under a lead that names it.
    """
    if re.search(MEASURE, question.text):
        return True
    if not asks_parts(question) or len(essays) > BOOKS:
        return False
    return any(
        node.children for book in desk.books(essays) for node in _led(desk, question.terms, book)
    )


def listed(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> None:
    """Write the measures of `essays` on the topic, whole where their lead names it.

    Raises:
        Refused: none covers enough of the topic.
    """
    ranked = desk.rank(question, essays)
    best = choose_sentences(desk, question, ranked)
    draft.likely = likely(question, best)
    ids = dict.fromkeys(evidence.sentence.essay.essay_id for evidence in ranked)
    books = [desk.shelf.book(essay_id) for essay_id in ids]
    chosen = [
        (book, _best_first(items, best))
        for book in books
        if (items := choose(desk, question, book, ranked))
    ]
    if not chosen:
        raise Refused(missing(desk, question, ranked))
    chosen, left_out = _within(question, chosen)
    total = sum(len(item.text) for _, items in chosen for item in items)
    count = sum(len(items) for _, items in chosen)
    room = FULL // count if total > FULL else FULL
    for book, items in chosen:
        draft.say(f"{whence(book.essay)}：\n\n")
        for item in items:
            draft.say("- ")
            write_item(desk, question, item, draft, room)
            draft.say("\n")
        draft.say("\n")
    measures = sum(isinstance(item, Node) for _, items in chosen for item in items)
    # sentences come by a threshold, and of very many essays only the nearest passages are read
    whole = measures == count and len(essays) <= MANY
    if left_out:
        draft.say(f"按意思相近共找到 {count + left_out} 处，以上是最相近的 {count} 处。")
    else:
        draft.say(f"共 {count} 条，已全部列出。" if whole else f"共找到 {count} 处。")
    if shortened([item for _, items in chosen for item in items], room):
        draft.say("长的只引开头，点标记可看全文。")


def _best_first(items: list[Item], best: Sequence[Choice]) -> list[Item]:
    """Return measures in their order; sentences alone, which no structure orders, best first."""
    if any(isinstance(item, Node) for item in items):
        return items
    places = {id(choice.evidence.sentence): place for place, choice in enumerate(best)}
    return sorted(items, key=lambda item: places.get(id(item), len(places)))


def _within(
    question: Question, chosen: Sequence[tuple[Book, list[Item]]]
) -> tuple[list[tuple[Book, list[Item]]], int]:
    """Keep the best of what was found by everyday words; return also how many were left out."""
    items = sum(len(found) for _, found in chosen)
    if items <= _LOOSE or not any(term.official for term in question.terms):
        return list(chosen), 0
    shares = [0] * len(chosen)
    while sum(shares) < _LOOSE:  # the best essay first, and every essay before a second of one
        for at, (_, found) in enumerate(chosen):
            shares[at] += sum(shares) < _LOOSE and shares[at] < len(found)
    kept = [(book, found[:n]) for (book, found), n in zip(chosen, shares, strict=True) if n]
    return kept, items - _LOOSE


def write_item(desk: Desk, question: Question, item: Item, draft: Draft, room: int) -> None:
    """Write a measure in `room` characters, its lead in bold, or a sentence."""
    if isinstance(item, Node):
        write_measure(desk.shelf.book(item.measure.essay_id), item, draft, room)
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
        written = nodes.keys() | announcing.keys()
        own = [e for e in ranked if e.sentence.essay.essay_id == book.essay.essay_id]
        kept = [e for e in _on_topic(desk, question, own, ranked) if e.sentence.node not in written]
        whole = _whole_sections(book, kept) if len(question.named.places) == 1 else []
        items += whole
        inside = {node.number for node in whole}
        items += [e.sentence for e in kept if e.sentence.node not in inside][:_SENTENCES]
    return sorted(items, key=lambda item: (item.paragraph.ordinal, item.start))


def _on_topic(
    desk: Desk, question: Question, own: Sequence[Evidence], ranked: Sequence[Evidence]
) -> list[Evidence]:
    """Return those of an essay's `own` sentences that answer, beside the best of all essays."""
    least = max(_ENOUGH, _CLOSE * ranked[0].score)
    kept = [e for e in own if e.score >= least and not _torn(question, e)]
    thing = _thing(question)
    if question.kind == "list" and len(thing) == 2:
        kept = [e for e in kept if desk.speaks(thing, e)]
    if any(_on_all(desk, question, e) for e in ranked[:_FIRST]):
        kept = [e for e in kept if _on_all(desk, question, e)]
    weighty = desk.weighty(question.terms)
    if any(_together(weighty, e) for e in ranked if e.score >= least):
        kept = [e for e in kept if _together(weighty, e)]
    return kept


def _on_all(desk: Desk, question: Question, evidence: Evidence) -> bool:
    """Whether a sentence with its leads speaks of every weighty word of a topic of two or three.

    A rare word outweighs the others: what 总书记 says of 人才 is not all that he said.
    """
    few = 2 <= len(question.terms) <= 3
    return few and desk.speaks(question.terms, evidence)


def _thing(question: Question) -> Sequence[Term]:
    """Return what is asked about, not what is done with it: 社区书记 in 社区书记怎么管理.

    Of one word it is the whole topic: 人才引进 in 人才怎么引进.
    """
    how = _HOW.search(question.text)
    named = [term for term in question.terms if how and term.text in how.group(1)]
    return named if len(named) == 2 else question.terms


def _together(terms: Sequence[Term], evidence: Evidence) -> bool:
    """Whether the two words of a topic stand close: 发展党员 is 党员发展, not 发展…的党员."""
    if len(terms) != 2:
        return False
    one, other = (re.escape(term.text) for term in terms)
    return bool(
        re.search(rf"{one}.{{0,6}}{other}|{other}.{{0,6}}{one}", plain(evidence.sentence.text))
    )


def _torn(question: Question, evidence: Evidence) -> bool:
    """Whether words that the question writes as one stand there, but never in one clause.

    村党组织书记 is not in 整顿软弱涣散村党组织，…用好第一书记.
    """
    sentence, asked = evidence.sentence, plain(question.text)
    said = plain(f"{sentence.context}。{sentence.text}")
    clauses = _CLAUSE.split(said)
    return any(
        not any(one in clause and other in clause for clause in clauses)
        for one, other in pairwise(plain(term.text) for term in question.terms)
        if one + other in asked and one in said and other in said
    )


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
    asked = desk.matcher.topic(topic)
    leads = [
        desk.matcher.coverage(asked, node.lead) if _heads(node) else 0.0 for node in book.nodes
    ]
    top = max(leads, default=0.0)
    if top < _LED:
        return []
    found: dict[int, Node] = {}
    for node, lead in zip(book.nodes, leads, strict=True):
        if lead >= top - 0.1:
            found |= {n.number: n for n in (node, *descendants(book, node))}
    return list(found.values())


def _titled(desk: Desk, topic: Sequence[Term], book: Book) -> list[Node]:
    """Return all measures of an essay whose title names the topic: then it is on nothing else."""
    title = book.essay.title or ""
    on_topic = desk.matcher.coverage(topic, title) >= _TITLED
    return list(book.nodes) if on_topic and len(book.nodes) <= MOST else []


def _announcing(desk: Desk, topic: Sequence[Term], book: Book) -> dict[int, Sentence]:
    """Return the sentences on the topic that announce measures, by the numbers of those."""
    asked = desk.matcher.topic(topic)
    return {
        node.number: sentence
        for sentence, announced in book.announcing
        if desk.matcher.coverage(asked, sentence.text) >= _LED
        for node in announced
    }


def _heads(node: Node) -> bool:
    """Whether the lead heads something: measures, or text beyond itself."""
    return bool(node.children) or len(node.text) > len(node.lead) + _BODY
