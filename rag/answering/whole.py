"""All measures of an essay, in order, with their count; or an article, or a short essay as it is.

They come from the records, not from a cut of the best k: what is there is all there is. Where there
are too many to read, the levels above are listed, with how many stand under each.
"""

import re
from collections.abc import Iterable, Sequence

from rag.answering.draft import Draft
from rag.answering.evidence import Desk
from rag.answering.facts import known_as, whence
from rag.answering.kinds import MEASURE
from rag.answering.question import ORDINAL, Question
from rag.answering.refusal import Refused
from rag.answering.shelf import Book, Node
from rag.sentences import sentence_spans
from rag.types import Essay

FULL = 2200  # characters of a list that is written out in full
MOST = 20  # items of a list; more are listed by the level above them
_ARTICLE = re.compile(r"第[一二三四五六七八九十百零\d]+条")
_HOW_MANY = re.compile(
    rf"{MEASURE}[^，。？]{{0,6}}(?:几|多少)|(?:几|多少)(?:条|项|个|点)?{MEASURE}"
)


def asks_all(question: Question) -> bool:
    """Whether a question without a topic asks for measures, or for how many there are."""
    return question.kind == "list" or bool(_HOW_MANY.search(question.text))


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
        room = FULL // len(shown)
        draft.say("，长的只引开头\n\n" if folded or shortened(shown, room) else "\n\n")
        for node in shown:
            draft.say("  " * (node.measure.level - top) + "- ")
            write_measure(book, node, draft, 0 if folded else room)
            under = _under(book, node)
            draft.say(f"（下含 {under} 条）\n" if folded and under else "\n")
        draft.say("\n")
        written = True
    if not written:
        raise Refused("这些材料没有可以列出的措施")


def _paragraphs(book: Book, draft: Draft) -> bool:
    """Write the paragraphs of an essay without measures, where it is short enough to read."""
    body = [p for p in book.paragraphs if p.role == "body"]
    if book.essay.kind != "essay" or not body or sum(len(p.text) for p in body) > FULL:
        return False
    draft.say(f"{whence(book.essay)}：没有分条，原文共 {len(body)} 段\n\n")
    for paragraph in body:
        draft.say("- ")
        draft.quote(book.essay, paragraph, 0, len(paragraph.text), trail=paragraph.trail)
        draft.say("\n")
    draft.say("\n")
    return True


def numbered(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> bool:
    """Write what the question names by its number: 第十一条 of a statute, or of an essay's parts.

    Raises:
        Refused: the essay has not so many parts.
    """
    named = _ARTICLE.search(question.text)
    articles = [
        (book, node)
        for book in (desk.books(essays) if named else ())
        for node in book.nodes
        if named and node.lead.startswith(named.group())
    ]
    for book, node in articles:
        _write_part(book, node, f"{whence(book.essay)}：", draft)
    return bool(articles) or _part(desk, question, essays, draft)


def _part(desk: Desk, question: Question, essays: Sequence[Essay], draft: Draft) -> bool:
    """Write a part of the one essay that a question without a topic asks for: 第二条."""
    asked = ORDINAL.search(question.text)
    topical = [term for term in question.terms if not asked or term.text not in asked.group()]
    number = question.ordinal
    if len(essays) != 1 or topical or number is None or question.kind in {"who", "number"}:
        return False
    (book,) = desk.books(essays)
    parts = [node for node in book.nodes if node.measure.parent is None]
    if not parts:
        return False
    if not 1 <= number <= len(parts):
        raise Refused(f"{known_as(book.essay)}的文章只有 {len(parts)} 个方面")
    head = f"{whence(book.essay)}：共 {len(parts)} 个方面，第 {number} 个是"
    _write_part(book, parts[number - 1], head, draft)
    return True


def _write_part(book: Book, node: Node, head: str, draft: Draft) -> None:
    """Write a measure with all that stands under it."""
    draft.say(f"{head}\n\n")
    for own in (node, *descendants(book, node)):
        draft.say("  " * (own.measure.level - node.measure.level) + "- ")
        write_measure(book, own, draft, FULL)
        draft.say("\n")


def _asked_sections(book: Book, question: Question) -> list[Node]:
    """Return the nodes under the sections that the question's generic words and years name."""
    asked = [f"{year}年" for year in question.years] + list(question.generic)
    tops = [node for node in book.nodes if node.measure.parent is None]
    named = [sum(word in node.lead for word in asked) for node in tops]
    if not any(named) or len(tops) < 2 or max(named) < 2:
        return list(book.nodes)
    chosen = [node for node, count in zip(tops, named, strict=True) if count == max(named)]
    under = [child for node in chosen for child in descendants(book, node)]
    return under or chosen


def descendants(book: Book, node: Node) -> list[Node]:
    """Return what stands under a measure, in order."""
    found = []
    for number in node.children:
        found += [book.nodes[number], *descendants(book, book.nodes[number])]
    return found


def _under(book: Book, node: Node) -> int:
    return sum(not child.children for child in descendants(book, node))


def shallow(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes down to the deepest level at which they are few enough to read."""
    levels = sorted({node.measure.level for node in nodes}, reverse=True)
    for level in levels:
        shown = [node for node in nodes if node.measure.level <= level]
        if len(shown) <= MOST:
            return shown
    return [node for node in nodes if node.measure.level == levels[-1]]


def shortened(nodes: Iterable[object], room: int) -> bool:
    """Whether a measure among `nodes` is longer than its `room` and is quoted in part."""
    return any(isinstance(node, Node) and len(node.text) > room for node in nodes)


def write_measure(book: Book, node: Node, draft: Draft, room: int) -> None:
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
