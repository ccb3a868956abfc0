"""A list that a text announces, or whose number a question gives: 十个方面, 五点要求, 三项制度.

The list is read off the essay, never put together from what was found, so its count is its own: the
numbered run behind a sentence that announces it, or the measures under one heading.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answering import claims
from rag.answering.compose.context import Context
from rag.answering.compose.measures import LIST_ROOM, sentence_stop, write_measure
from rag.answering.compose.runs import announcing, clauses, run, run_with
from rag.answering.evidence import Evidence
from rag.answering.request import Request
from rag.answering.topic import pairs
from rag.answering.tree import Sentence
from rag.figures import number

# A number with what counts parts of a text, or quoted: 十大亮点, 三项工作, 5条, “十抓”; not 第三条.
_COUNT = re.compile(
    r"(?<![第\d.一二三四五六七八九十])([两俩二三四五六七八九十]{1,3}|\d{1,2})"
    r"(?:(?=个|大|项|条|点(?![前半钟整])|件|方面|章|类|种|步|招|块)|(?<=“.)(?=[^”]{1,4}”))"
)
_WHICH = re.compile(r"哪([两俩二三四五六七八九十]{1,3}|\d{1,2})")
_LIKELY = 0.2  # share of the best probability of a sentence that may announce the list
_LOOKED = 8  # sentences that may
_SURE = 0.75  # ... of one that announces a list whose number is not asked for
_MOST_OF = 0.5  # share of the evidence that a list of the number asked for holds
_SAYS = 16  # characters at the end of an announcement, where its number stands


def write(context: Context, *, listing: bool) -> bool:
    """Write the list whose number is asked for, or that the likeliest sentence announces."""
    found = _found(context, listing=listing)
    if found is None:
        return False
    _write(*found, context)
    return True


def counts(text: str) -> set[int]:
    """The numbers of parts that a text names.

    >>> counts("重点做哪十个方面，第三条是什么"), counts("2026年新增3.5万个")
    ({10}, set())
    """
    found = (number(written.replace("俩", "两")) for written in _COUNT.findall(text))
    return {n for n in found if n and n > 1}


def asked_counts(request: Request) -> set[int]:
    """The numbers of parts that a request asks for."""
    which = (number(written.replace("俩", "两")) for written in _WHICH.findall(request.text))
    return counts(request.core) | {n for n in which if n and n > 1}


def _found(context: Context, *, listing: bool) -> tuple[Sentence, Sequence[Sentence]] | None:
    """An announcing sentence and its list, that which holds most evidence; None if there is none.

    A list whose number is asked for has this number; another one is announced in as many words, or
    by what itself may answer: one item does not make the list that it stands in the answer.
    """
    request, topic = context.request, pairs(context.meaning.topic)
    asked, least = asked_counts(request), _LIKELY * context.best
    listing = listing or _WHICH.search(request.core) is not None
    likely = [e for e in context.evidence[:_LOOKED] if e.probability >= least]
    if not (asked or (listing and len({e.sentence.essay.essay_id for e in likely}) == 1)):
        return None
    total = sum(each.probability for each in likely)
    known = {e.sentence.key for e in context.evidence if e.probability >= least}
    best, found = 0.0, None
    for each, head, items in _candidates(likely):
        keys = {item.key for item in items}
        evident = sum(e.probability for e in likely if e.sentence.key in keys)
        says = len(items) in counts(head.text)
        if asked:
            most = listing and evident >= _MOST_OF * total
            fits = len(items) in asked and (says or most)
        else:
            is_head = head.key not in keys and each.probability >= _SURE * context.best
            told = head.announces and each is likely[0] and head.key in known
            fits = is_head and (told or len(items) in counts(head.text[-_SAYS:]))
        weight = len(topic & pairs(head.text)) / (len(topic) or 1) + evident + says
        if fits and weight > best:
            best, found = weight, (head, items)
    return found


def _candidates(
    likely: Sequence[Evidence],
) -> Iterator[tuple[Evidence, Sentence, Sequence[Sentence]]]:
    """Yield each list that a likely sentence, or what announces it, heads or is an item of."""
    for each in likely:
        for head in (each.sentence, *announcing(each.sentence)):
            for items in _lists(head):
                inside = any(item.key == head.key for item in items)
                if len(items) > 1 and (inside or head.position < items[0].position):
                    yield each, head, items


def _lists(head: Sentence) -> Iterator[Sequence[Sentence]]:
    """The lists that a sentence may announce, the nearest first."""
    tree = head.tree
    yield run(s for s in tree.all_sentences if s.position > head.position)
    yield run_with(head)
    parts = clauses(head)
    if len(parts) in counts(parts[0].text):  # “六个不得”，即不得…；不得…
        yield parts
    node = tree.nodes[head.node] if head.node is not None else None
    if node:
        yield [tree.nodes[number].stretches[0] for number in node.children]
    above = tree.nodes[node.parent] if node and node.parent is not None else None
    same = [tree.nodes[number] for number in above.children] if above else tree.roots
    yield [each.stretches[0] for each in same]


def _write(head: Sentence, items: Sequence[Sentence], context: Context) -> None:
    draft, form, tree = context.draft, context.meaning.form, head.tree
    draft.paragraph(head.essay)
    if all(head.key != item.key for item in items):
        draft.quote(head, item=False)
    share = max(60, (form.length or LIST_ROOM) // len(items))
    brief = form.layout == "outline" or form.short
    for n, item in enumerate(items, start=1):
        draft.item(number=n)
        node = tree.nodes[item.node] if item.node is not None else None
        if node and node.stretches[0].key == item.key:
            write_measure(node, draft, 0 if brief else share, quotes=1)
        else:
            draft.quote(replace(item, end=sentence_stop(item, share)))
    if len(items) in counts(head.text):  # the text itself says how many there are
        draft.note(claims.complete(len(items)))
