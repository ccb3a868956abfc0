"""Answers that the records hold whole: an essay's measures, one section, one part, its byline.

Nothing is chosen here, so what is said to be complete is.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering import claims
from rag.answering.compose.composed import (
    Composed,
    heading,
    item_of,
    label,
    pairs,
    whole_paragraph,
)
from rag.answering.compose.context import Context, Refused
from rag.answering.compose.measures import LIST_ITEMS, LIST_ROOM, sentence_stop, write_measure
from rag.answering.conversation import ShownItem, ordinal, without_ordinal
from rag.answering.topic import has_topic
from rag.answering.tree import EssayTree, Node, Trees
from rag.figures import chinese
from rag.types import Essay

_EVERYTHING = 20  # measures of an essay up to which all are quoted
_NAMED = 0.7  # share of a question's pairs of characters that name a section
_PAIRS = 3  # of such pairs at least
_ORDINALS = 1000  # numbers of parts that are read
_BYLINES = 60  # essays whose byline is quoted
_COUNTED, _LEADS = 8, 4  # essays whose measures are counted and shown, leads of each
_MOST = re.compile(r"[更最][多少]")


def write(context: Context) -> bool:
    """Write an item on screen, a part, a section, a count or whole essays, if that is asked."""
    request, meaning, trees, made = context.request, context.meaning, context.trees, context.made
    if meaning.item and not has_topic(without_ordinal(request.core)):
        unfold(meaning.item, trees, made)
        return True
    essays = context.essays
    limited = bool(meaning.names or meaning.essays) or len(essays) == 1
    if limited and len(essays) == 1:
        tree = trees.of(essays[0].essay_id)
        asked = ordinal(meaning.topic)
        if asked and _numbered(tree, *asked, made):
            return True
        if meaning.kind in {"list", "summary"} and (node := section(tree, meaning.topic)):
            heading(tree.essay, made)
            whole_section(tree, node, made)
            return True
    if has_topic(meaning.topic):
        return False
    if _MOST.search(meaning.text):
        _count(context)
        return True
    if not limited or meaning.kind in {"compare", "define"}:
        return False
    if request.wanted == "imprint":  # head and foot do not hold it: a text may
        return False
    if meaning.kind == "who" or request.wanted == "person":
        return bylines(essays[:_BYLINES], trees, made)
    brief = meaning.kind == "summary" or meaning.form.detail == "short"
    room = meaning.form.length or LIST_ROOM
    return everything(essays, trees, made, leads_only=brief, room=room)


def _numbered(tree: EssayTree, number: int, unit: str, made: Composed) -> bool:
    """Write the part of an essay that is asked for by its number; False if it has none."""
    if not 0 < number < _ORDINALS:
        return False
    leaves = [leaf for root in tree.roots for leaf in tree.leaves(root)]
    written = [n for n in tree.nodes if n.lead.startswith(f"第{chinese(number)}{unit}")]
    nodes = list(tree.roots) if unit in {"部分", "方面"} else leaves
    if not (written or nodes):
        return False
    if not written and number > len(nodes):
        raise Refused(claims.parts(len(nodes)))
    heading(tree.essay, made)
    part(tree, written[0] if written else nodes[number - 1], made)
    return True


def _count(context: Context) -> None:
    """Say who has the most measures."""
    parts = context.groups
    if len(parts) < 2:
        parts = tuple((label(essay), (essay,)) for essay in context.scope.counted)
    counted = []
    for name, essays in parts:
        trees = [context.trees.of(essay.essay_id) for essay in essays]
        counted.append((name, sum(len(tree.leaves(n)) for tree in trees for n in tree.roots)))
    if not any(count for _, count in counted):
        raise Refused(claims.UNDIRECT)
    context.made.draft.note(claims.counts(counted))
    for _, essays in parts[:_COUNTED]:
        tree = context.trees.of(essays[0].essay_id)
        if tree.roots:
            heading(essays[0], context.made)
            leads(tree, tree.roots[:_LEADS], context.made)


def everything(
    essays: Sequence[Essay], trees: Trees, made: Composed, *, leads_only: bool, room: int
) -> bool:
    """Write all measures of the essays, in order, with their count; False if there are none.

    Where there is little room each measure is quoted as far as its share of it goes; where there
    are too many to read, the levels above are listed, with how many stand under them.
    """
    written = False
    room //= max(1, len(essays))
    for essay in essays:
        tree = trees.of(essay.essay_id)
        if not tree.nodes:
            written |= _paragraphs(tree, made, room)
            continue
        heading(essay, made)
        leaves = [node for root in tree.roots for node in tree.leaves(root)]
        shown = list(tree.nodes) if len(tree.nodes) <= _EVERYTHING else _shallow(tree)
        full = sum(node.length for node in shown) <= room
        share = 0 if leads_only else LIST_ROOM if full else room // len(shown)
        _write(tree, shown, made, share)
        if sum(not node.children for node in shown) == len(leaves):
            made.draft.note(claims.complete(len(leaves)))
        else:
            made.draft.note(claims.folded(len(shown), len(leaves)))
        written = True
    return written


def _shallow(tree: EssayTree) -> list[Node]:
    """The measures down to the deepest level at which they are few enough to read."""
    levels = sorted({node.level for node in tree.nodes}, reverse=True)
    for level in levels:
        shown = [node for node in tree.nodes if node.level <= level]
        if len(shown) <= _EVERYTHING:
            return shown
    return [node for node in tree.nodes if node.level == levels[-1]][:_EVERYTHING]


def _paragraphs(tree: EssayTree, made: Composed, room: int) -> bool:
    """Write the paragraphs of an essay without measures, as far as there is room."""
    body = [p for p in tree.paragraphs if p.role == "body"]
    if not body:
        return False
    heading(tree.essay, made)
    total = 0
    for number, paragraph in enumerate(body, start=1):
        sentences_ = tree.sentences(paragraph.paragraph_id)
        if not sentences_ or (total and total + len(paragraph.text) > room):
            made.draft.note(claims.paragraphs(len(body), number - 1))
            return True
        end = sentence_stop(paragraph.text, 0, len(paragraph.text), max(200, room - total))
        made.draft.item(number=number)
        made.items.append(replace(item_of(sentences_[0]), end=end))
        made.of(tree.essay.essay_id)
        made.draft.quote(tree.essay, paragraph, 0, end, trail=paragraph.trail)
        total += end
    return True


def _write(tree: EssayTree, nodes: Sequence[Node], made: Composed, room: int) -> None:
    """Write measures in reading order, sections above those under them; `room` is for each."""
    top = min(node.level for node in nodes)
    for node in nodes:
        nested = node.level - top
        made.draft.item(level=nested + 1, number=None if nested else _ordinal(nodes, node, top))
        write_measure(tree, node, made, room, quotes=LIST_ITEMS if room >= LIST_ROOM else 1)


def _ordinal(nodes: Sequence[Node], node: Node, top: int) -> int:
    return [each.number for each in nodes if each.level == top].index(node.number) + 1


def leads(tree: EssayTree, nodes: Sequence[Node], made: Composed) -> None:
    """Write measures by their leads alone."""
    _write(tree, nodes, made, 0)


def section(tree: EssayTree, topic: str) -> Node | None:
    """The section that a question calls by its lead: 2026年重点工作 is 二、2026年重点工作.

    Compared by pairs of characters, of those that stand in any lead of the essay.
    """
    heads = [node for node in tree.nodes if node.children]
    asked = pairs(topic) & {pair for node in tree.nodes for pair in pairs(node.lead)}
    if not heads or len(asked) < _PAIRS:
        return None
    shares = sorted((len(pairs(node.lead) & asked) for node in heads), reverse=True)
    if shares[0] < _NAMED * len(asked) or shares[1:2] == shares[:1]:
        return None
    return next(node for node in heads if len(pairs(node.lead) & asked) == shares[0])


def whole_section(tree: EssayTree, node: Node, made: Composed) -> None:
    """Write all that stands under a section, the leads alone where there is much."""
    under = [tree.nodes[number] for number in node.children]
    room = LIST_ROOM if sum(each.length for each in under) <= LIST_ROOM else 0
    _write(tree, [node, *under][: LIST_ITEMS + 1], made, room or LIST_ROOM // (len(under) + 1))
    if len(under) <= LIST_ITEMS:
        made.draft.note(claims.complete(len(under)))


def bylines(essays: Sequence[Essay], trees: Trees, made: Composed) -> bool:
    """Quote title and byline of essays; False if none states them."""
    for essay in essays:
        said = [p for p in trees.of(essay.essay_id).paragraphs if p.role in {"title", "byline"}]
        if said:
            made.draft.item()
            for paragraph in said[:3]:
                whole_paragraph(essay, paragraph, made)
    return made.draft.quotes > 0


def part(tree: EssayTree, node: Node, made: Composed) -> None:
    """Write a measure with all that stands under it."""
    _write(tree, tree.under(node), made, LIST_ROOM)


def unfold(item: ShownItem, trees: Trees, made: Composed) -> None:
    """Write all that one numbered item stands for: its measure with what stands under it."""
    tree = trees.of(item.essay_id)
    heading(tree.essay, made)
    if item.node is not None:
        part(tree, tree.nodes[item.node], made)
        return
    paragraph = next(p for p in tree.paragraphs if p.paragraph_id == item.paragraph_id)
    made.draft.paragraph()
    made.of(item.essay_id)
    made.draft.quote(tree.essay, paragraph, 0, len(paragraph.text), trail=paragraph.trail)
