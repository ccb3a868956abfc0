"""Answers that the records hold whole: an essay's measures, one section, one part, its byline.

Nothing is chosen here, so what is said to be complete is.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering import claims
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.measures import (
    LIST_ITEMS,
    LIST_ROOM,
    ROW_HEADS,
    row,
    sentence_stop,
    write_measure,
)
from rag.answering.compose.thresholds import ANSWER
from rag.answering.conversation import ordinals, without_ordinal
from rag.answering.draft import Draft, label
from rag.answering.topic import has_topic, pairs
from rag.answering.tree import EssayTree, Node, ShownItem
from rag.figures import chinese
from rag.words import pieces

_EVERYTHING = 20  # measures of an essay up to which all are quoted
_NAMED = 0.7  # share of a question's pairs of characters that name a section
_NEAR = 0.5  # ... that a heading of another essay holds, so that it may be meant, too
_PAIRS = 3  # of such pairs at least
_BYLINES = 60  # essays whose byline is quoted
_COUNTED, _LEADS = 8, 4  # essays whose measures are counted and shown, leads of each
_LEAST = 200  # characters of a paragraph up to which it is quoted whatever the room
_ASK = {"number", "define", "compare"}  # kinds that ask for one thing, not for all
_PARTS = {"部分", "方面"}  # units of the outermost measures
_MOST = re.compile(r"[更最][多少]")
_HOW_MANY = re.compile(r"(?:几|多少)个?(方面|部分|条|点|项|章|节)")


def write(context: Context) -> bool:
    """Write an item on screen, a part, a section, a count or whole essays, if that is asked."""
    request, meaning, draft = context.request, context.meaning, context.draft
    of = context.gatherer.trees.of
    asks_more = has_topic(without_ordinal(request.core))
    if meaning.item and not (asks_more and context.best >= ANSWER):
        unfold(meaning.item, of(meaning.item.essay_id), draft)
        return True
    essays = context.essays
    if len(essays) == 1:
        tree = of(essays[0].essay_id)
        if (asked := ordinals(meaning.topic)) and _numbered(tree, asked, draft):
            return True
        if meaning.kind in {"list", "summary"} and (node := section(tree, meaning.topic)):
            draft.paragraph(tree.essay)
            _whole_section(tree, node, draft)
            return True
    if has_topic(meaning.topic):  # items need not repeat what the title says
        counts = request.wanted == "count" and context.best < ANSWER
        whole = counts or meaning.kind in {"list", "summary"}
        titled = _titled(context) if whole and meaning.form.layout != "table" else None
        return titled is not None and everything([titled], draft, leads_only=False, room=LIST_ROOM)
    if _MOST.search(meaning.text):
        _count(context)
        return True
    limited = meaning.names or meaning.essays or len(essays) == 1
    how_many = _HOW_MANY.search(meaning.text)
    one = meaning.kind in _ASK or (meaning.kind == "fact" and context.best >= ANSWER)
    if not limited or (not how_many and (one or request.wanted == "imprint")):
        return False  # what head and foot do not hold, a text may
    trees = [of(essay.essay_id) for essay in essays]
    if how_many:
        return _parts(trees, draft, outermost=how_many.group(1) in _PARTS)
    if meaning.kind == "who" or request.wanted == "person":
        return _bylines(trees[:_BYLINES], draft)
    brief = meaning.kind == "summary" or meaning.form.short
    room, table = meaning.form.length or LIST_ROOM, meaning.form.layout == "table"
    return everything(trees, draft, leads_only=brief, room=room, table=table)


def _as_table(trees: Sequence[EssayTree], draft: Draft) -> bool:
    """Write all measures of the essays as a table; False if there are none, or too many."""
    leaves = [node for tree in trees for node in tree.all_leaves]
    if not 0 < len(leaves) <= _EVERYTHING:
        return False
    draft.table(ROW_HEADS, [row(node) for node in leaves])
    draft.note(claims.complete(len(leaves)))
    return True


def _numbered(tree: EssayTree, asked: Sequence[tuple[int, str]], draft: Draft) -> bool:
    """Write the part of an essay that is asked for by its numbers; False if it has none.

    Each number is looked for below the one before it: 第二部分第三条.
    """
    node = None
    for number, unit in asked:
        under = tree.under(node)[1:] if node else list(tree.nodes)
        written = [n for n in under if n.lead.startswith(f"第{chinese(number)}{unit}")]
        below = [tree.nodes[each] for each in node.children] if node else None
        nodes = written or below or (tree.roots if unit in _PARTS else tree.all_leaves)
        if not nodes:
            return False
        if not written and not 0 < number <= len(nodes):
            raise Refused(claims.parts(len(nodes)))
        node = written[0] if written else nodes[number - 1]
    draft.paragraph(tree.essay)
    _write(tree.under(node) if node else [], draft, LIST_ROOM)
    return True


def _count(context: Context) -> None:
    """Say who has the most measures."""
    parts, of = context.groups, context.gatherer.trees.of
    if len(parts) < 2:
        parts = tuple((label(essay), (essay,)) for essay in context.scope.counted)
    counted = [(name, sum(len(of(e.essay_id).all_leaves) for e in own)) for name, own in parts]
    if not any(count for _, count in counted):
        raise Refused(claims.UNDIRECT)
    context.draft.note(claims.counts(counted))
    for _, essays in parts[:_COUNTED]:
        if essays and (roots := of(essays[0].essay_id).roots):
            context.draft.paragraph(essays[0])
            leads(roots[:_LEADS], context.draft)


def everything(
    trees: Sequence[EssayTree], draft: Draft, *, leads_only: bool, room: int, table: bool = False
) -> bool:
    """Write all measures of the essays, in order, with their count; False if there are none.

    Where there is little room each measure is quoted as far as its share of it goes; where there
    are too many to read, the levels above are listed, with how many stand under them.
    """
    if table and _as_table(trees, draft):
        return True
    written = False
    room //= max(1, len(trees))
    for tree in trees:
        if not tree.nodes:
            written |= _paragraphs(tree, draft, room)
            continue
        draft.paragraph(tree.essay)
        shown, level = _shown(tree, room)
        full = sum(node.length for node in shown) <= room
        _write(shown, draft, 0 if leads_only else LIST_ROOM if full else room // len(shown))
        leaves = len(tree.all_leaves)
        whole = sum(not node.children for node in shown) == leaves
        draft.note(claims.complete(leaves) if whole else claims.part(len(shown), level, leaves))
        written = True
    return written


def _parts(trees: Sequence[EssayTree], draft: Draft, *, outermost: bool) -> bool:
    """Count the outermost measures of essays, or all, by their leads; False if there are none."""
    if not outermost:
        return everything(trees, draft, leads_only=True, room=LIST_ROOM)
    for tree in (tree for tree in trees if tree.roots):
        draft.paragraph(tree.essay)
        leads(tree.roots, draft)
        draft.note(claims.complete(len(tree.roots)))
    return draft.quotes > 0


def _shown(tree: EssayTree, room: int) -> tuple[list[Node], int]:
    """The measures that are shown of an essay, and how many there are on these levels.

    They are those down to the deepest level at which they are few enough to read or fit whole.
    """
    levels = sorted({node.level for node in tree.nodes}, reverse=True)
    every = [[node for node in tree.nodes if node.level <= level] for level in levels]
    for nodes in every:
        if len(nodes) <= _EVERYTHING or sum(node.length for node in nodes) <= room:
            return nodes, len(nodes)
    return every[-1][:_EVERYTHING], len(every[-1])


def _paragraphs(tree: EssayTree, draft: Draft, room: int) -> bool:
    """Write the paragraphs of an essay without measures, as far as there is room."""
    body = [tree.paragraph(p) for p in tree.paragraphs if p.role == "body"]
    if body:
        draft.paragraph(tree.essay)
    for number, run in enumerate(body, start=1):
        if number > 1 and run.length > room:
            draft.note(claims.paragraphs(len(body), number - 1))
            break
        shown = replace(run, end=sentence_stop(run, max(_LEAST, room)))
        draft.item(number=number)
        draft.quote(shown)
        room -= shown.length
    return bool(body)


def _write(nodes: Sequence[Node], draft: Draft, room: int) -> None:
    """Write measures in reading order, sections above those under them; `room` is for each."""
    top = min(node.level for node in nodes)
    number = 0
    for node in nodes:
        nested = node.level - top
        number += not nested
        draft.item(level=nested + 1, number=None if nested else number)
        write_measure(node, draft, room, quotes=LIST_ITEMS if room >= LIST_ROOM else 1)


def leads(nodes: Sequence[Node], draft: Draft) -> None:
    """Write measures by their leads alone."""
    _write(nodes, draft, 0)


def section(tree: EssayTree, topic: str) -> Node | None:
    """The section that a question calls by its lead: 2026年重点工作 is 二、2026年重点工作.

    Compared by pairs of characters, of those that stand in any lead of the essay.
    """
    asked = pairs(topic) & {pair for node in tree.nodes for pair in pairs(node.lead)}
    held = [(len(pairs(node.lead) & asked), node) for node in tree.nodes if node.children]
    most = max((share for share, _ in held), default=0)
    best = [node for share, node in held if share == most]
    sure = len(asked) >= _PAIRS and most >= _NAMED * len(asked) and len(best) == 1
    return best[0] if sure else None


def _titled(context: Context) -> EssayTree | None:
    """The essay that a question calls by its title, whose items need not repeat what they are.

    No heading of another essay that was found may come near.
    """
    trees = context.trees
    titles = [(pairs(tree.essay.title or ""), tree) for tree in trees]
    heads = [(pairs(node.lead), tree) for tree in trees for node in tree.nodes]
    known = set().union(*(own for own, _ in (*titles, *heads)))
    topic = context.meaning.topic
    asked = pairs(topic) & known
    called = [tree for own, tree in titles if asked <= own and not _says_more(topic, own)]
    if len(asked) < _PAIRS or len(called) != 1:
        return None
    others = (own for own, tree in (*titles, *heads) if tree is not called[0])
    return None if any(len(own & asked) >= _NEAR * len(asked) for own in others) else called[0]


def _says_more(topic: str, title: set[str]) -> bool:
    """Whether a question asks for more than a title, given by its pairs of characters, says."""
    return has_topic(" ".join(word for word, _, _ in pieces(topic) if not pairs(word) <= title))


def _whole_section(tree: EssayTree, node: Node, draft: Draft) -> None:
    """Write all that stands under a section, the leads alone where there is much."""
    under = [tree.nodes[number] for number in node.children]
    fits = sum(each.length for each in under) <= LIST_ROOM
    share = LIST_ROOM if fits else LIST_ROOM // (len(under) + 1)
    _write([node, *under][: LIST_ITEMS + 1], draft, share)
    if len(under) <= LIST_ITEMS:
        draft.note(claims.complete(len(under)))


def _bylines(trees: Sequence[EssayTree], draft: Draft) -> bool:
    """Quote title and byline of essays; False if none states them."""
    for tree in trees:
        draft.item()
        for line in [p for p in tree.paragraphs if p.role in {"title", "byline"}][:3]:
            draft.quote(tree.paragraph(line), item=False)
    return draft.quotes > 0


def unfold(item: ShownItem, tree: EssayTree, draft: Draft) -> None:
    """Write all that one numbered item stands for: its measure with what stands under it."""
    draft.paragraph(tree.essay)
    if item.node is not None:
        _write(tree.under(tree.nodes[item.node]), draft, LIST_ROOM)
        return
    paragraph = next(p for p in tree.paragraphs if p.paragraph_id == item.paragraph_id)
    draft.paragraph()
    draft.quote(tree.paragraph(paragraph), item=False)
