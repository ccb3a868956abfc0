"""Evidence → a list: whole measures under their leads, essay by essay.

Where most measures of a section answer, the section is the answer and is listed whole from the
records; sentences that stand under no measure are listed with the run that they belong to.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace

from rag.answering import claims
from rag.answering.compose.composed import Composed, heading, label, quote, quoted
from rag.answering.compose.measures import LIST_ITEMS, LIST_ROOM, sentence_stop, write_measure
from rag.answering.compose.runs import run_of, whole
from rag.answering.compose.thresholds import FAINT, MEMBER
from rag.answering.conversation import ShownItem
from rag.answering.draft import Quoted
from rag.answering.evidence import Evidence
from rag.answering.form import Form
from rag.answering.tree import EssayTree, Node, Trees

_OF_BEST = 0.2  # share of the best probability that a member of a list needs
MOST_OF = 0.5  # share of a section's measures from which the section is the answer
_BESIDE_ESSAYS = 6  # of which a sentence is shown below the line
_CELL_ROOM = 160  # characters of a measure in a table


@dataclass(slots=True)
class _Chosen:
    """What of one essay goes into a list."""

    tree: EssayTree
    nodes: dict[int, float] = field(default_factory=dict)  # measure → its probability
    loose: list[Evidence] = field(default_factory=list)  # sentences under no measure
    whole: list[Node] = field(default_factory=list)  # sections listed complete
    best: float = 0.0


def write(
    evidence: Sequence[Evidence],
    trees: Trees,
    made: Composed,
    form: Form,
) -> None:
    """Write the measures that answer, whole, under their leads, essay by essay.

    Where several essays answer, each has its share of the room, the best essay first.
    """
    leads_only = form.layout == "outline" or form.detail == "short"
    top = evidence[0].probability
    least = max(min(MEMBER, top), _OF_BEST * top)
    chosen: dict[str, _Chosen] = {}
    strong = [each for each in evidence if each.probability >= least]
    for each in strong:
        essay_id = each.sentence.essay.essay_id
        own = chosen.setdefault(essay_id, _Chosen(trees.of(essay_id)))
        own.best = max(own.best, each.probability)
        node = each.sentence.node
        if node is None:
            own.loose.append(each)
        else:
            own.nodes[node] = max(own.nodes.get(node, 0.0), each.probability)
    for each in [replace(e, sentence=s) for e in strong[:3] for s in run_of(e.sentence, trees)]:
        own = chosen[each.sentence.essay.essay_id]
        if all(each.sentence.key != other.sentence.key for other in own.loose):
            own.loose.append(each)
    keys = {each.sentence.key for each in strong}
    beside = _beside(evidence, chosen)
    room, quotes = form.length or LIST_ROOM, form.items or LIST_ITEMS
    if form.layout == "table":
        _listed_table(list(chosen.values()), made, quotes)
        return
    left = sorted(chosen.values(), key=lambda own: -own.best)
    while left and room > 60 and quotes > 0:
        own, *left = left
        _complete(own)
        few = -(-quotes // (min(len(left), 5) + 1)) if left else quotes
        share = room if not left else max(room // (min(len(left), 5) + 1), 300)
        heading(own.tree.essay, made)
        before = made.draft.quotes
        room -= share - _write_chosen(own, keys, made, share, few, leads_only=leads_only)
        quotes -= made.draft.quotes - before
    if beside and not form.length and not form.items:
        made.draft.note("可能相关：")
        for each in beside:
            made.draft.item()
            made.draft.say(f"{label(each.sentence.essay)}：")
            quote(whole(each.sentence, trees.of(each.sentence.essay.essay_id)), made)


def _beside(evidence: Sequence[Evidence], chosen: Container[str]) -> list[Evidence]:
    """The best sentence of each further essay, for below the line."""
    found: dict[str, Evidence] = {}
    for each in evidence:
        essay_id = each.sentence.essay.essay_id
        if essay_id not in chosen and each.probability >= FAINT:
            found.setdefault(essay_id, each)
    return list(found.values())[:_BESIDE_ESSAYS]


def _listed_table(chosen: list[_Chosen], made: Composed, quotes: int) -> None:
    """Write the measures that answer as rows: whose, what, and the text."""
    rows: list[tuple[str, str, Sequence[Quoted]]] = []
    for own in sorted(chosen, key=lambda own: -own.best):
        _complete(own)
        for number in sorted(own.nodes):
            node = own.tree.nodes[number]
            if not any(child in own.nodes for child in node.children) and node.stretches:
                rows.append((label(own.tree.essay), node.lead, _whole(own.tree, node, made)))
        rows += [(label(own.tree.essay), "", [quoted(each.sentence, made)]) for each in own.loose]
    made.draft.table(("范围", "做法", "原文"), rows[:quotes])


def _whole(tree: EssayTree, node: Node, made: Composed) -> list[Quoted]:
    """The first stretch of a measure as far as a cell has room."""
    paragraph, start, end = node.stretches[0]
    made.of(tree.essay.essay_id)
    stop = sentence_stop(paragraph.text, start, end, _CELL_ROOM)
    made.items.append(
        ShownItem(tree.essay.essay_id, node.number, paragraph.paragraph_id, start, stop)
    )
    return [Quoted(tree.essay, paragraph, start, stop, (), node.trail)]


def _complete(own: _Chosen) -> None:
    """Where most measures of a section answer, or its own lead does, take all of them."""
    tree = own.tree
    for node in tree.nodes:
        if not node.children:
            continue
        leaves = [leaf.number for leaf in tree.leaves(node)]
        held = [number for number in leaves if number in own.nodes]
        by_lead = node.number in own.nodes and own.nodes[node.number] >= 0.9 * own.best
        if (len(leaves) <= LIST_ITEMS and len(held) > MOST_OF * len(leaves)) or (
            by_lead and len(leaves) <= LIST_ITEMS
        ):
            own.whole.append(node)
            for number in leaves:
                own.nodes.setdefault(number, own.best)
    inner = {n.number for top in own.whole for n in tree.under(top) if n is not top}
    own.whole = [node for node in own.whole if node.number not in inner]


def _write_chosen(
    own: _Chosen, strong: set[tuple[str, int]], made: Composed, room: int, quotes: int,
    *, leads_only: bool,
) -> int:  # fmt: skip
    """Write what was chosen of an essay in reading order; return the room that is left."""
    tree = own.tree
    nodes = [tree.nodes[number] for number in sorted(own.nodes)]
    nodes = [n for n in nodes if not (n.children and any(c in own.nodes for c in n.children))]
    if len(nodes) > quotes and not own.whole:
        best = sorted(nodes, key=lambda n: -own.nodes[n.number])[:quotes]
        nodes = [node for node in nodes if node in best]
    limit = made.draft.quotes + quotes
    loose = sorted(own.loose, key=lambda e: -e.probability)[:quotes]
    loose.sort(key=lambda e: (e.sentence.paragraph.ordinal, e.sentence.start))
    total = sum(node.length for node in nodes) + sum(len(e.sentence.text) for e in loose)
    share = max(60, room // max(1, min(len(nodes) + len(loose), quotes)))
    short = total > room
    for each in loose:
        if made.draft.quotes >= limit or room < 30:
            return room
        made.draft.item(number=len(made.items) + 1)
        quote(each.sentence, made)
        room -= len(each.sentence.text)
    for node in nodes:
        if made.draft.quotes >= limit or room < 30:
            return room
        made.draft.item(number=len(made.items) + 1)
        size = 0 if leads_only else (share if short else max(share, node.length))
        room -= write_measure(tree, node, made, size, strong, limit - made.draft.quotes)
    if own.whole and len(own.whole) == 1 and not loose:
        leaves = {leaf.number for leaf in tree.leaves(own.whole[0])}
        if {node.number for node in nodes} == leaves:
            made.draft.note(claims.complete(len(leaves)))
    return room
