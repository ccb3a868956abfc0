"""Evidence → a list: whole measures under their leads, essay by essay.

Where most measures of a section answer, the section is the answer and is listed whole from the
records; sentences that stand under no measure are listed with the run that they belong to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.answering import claims
from rag.answering.compose.measures import LIST_ITEMS, LIST_ROOM, ROW_HEADS, row, write_measure
from rag.answering.compose.runs import announced, run_of, whole
from rag.answering.compose.thresholds import CELL, MEMBER
from rag.answering.draft import Draft, label
from rag.answering.evidence import Evidence
from rag.answering.form import Form
from rag.answering.tree import EssayTree, Node, Sentence

_OF_BEST = 0.2  # share of the best probability that a member of a list needs
_OF_BEST_IN_ONE = 0.5  # ... where all that was found is of one essay: its best measure stands out
_MOST_OF = 0.5  # share of a section's measures from which the section is the answer
_LEAD_OF = 0.9  # ... of the best probability from which its own lead says so
_BRIEF = 2  # sentences of a measure that stands alone where a short answer is wanted
_BESIDE_ESSAYS = 6  # of which a sentence is shown below the line


@dataclass(slots=True)
class _EssayList:
    """What of one essay goes into a list."""

    tree: EssayTree
    nodes: dict[int, float] = field(default_factory=dict)  # measure → its probability
    found: list[Evidence] = field(default_factory=list)  # sentences, the likeliest first
    whole: list[Node] = field(default_factory=list)  # sections listed complete
    best: float = 0.0


def write(evidence: Sequence[Evidence], draft: Draft, form: Form) -> None:
    """Write the measures that answer, whole, under their leads, essay by essay.

    Where several essays answer, each has its share of the room, the best essay first.
    """
    strong = _strong(evidence)
    chosen = _chosen(strong)
    leads_only = form.layout == "outline" or form.short
    keys = {each.sentence.key for each in strong[: _BRIEF if leads_only else None]}
    if form.layout == "table":
        rows = [each for own in chosen for each in _rows(own, keys)]
        draft.table(ROW_HEADS, rows[: form.items or LIST_ITEMS])
        return
    room, quotes = form.length or LIST_ROOM, form.items or LIST_ITEMS
    for n, own in enumerate(chosen):
        if room <= 60 or quotes <= 0:
            break
        left = len(chosen) - n - 1
        parts = min(left, 5) + 1
        share = max(room // parts, 300) if left else room
        draft.paragraph(own.tree.essay)
        before = draft.quotes
        few = -(-quotes // parts)
        room -= share - _write_chosen(own, keys, draft, share, few, leads_only=leads_only)
        quotes -= draft.quotes - before
    if not form.length and not form.items:
        _write_beside(evidence, chosen, draft)


def _strong(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that belong in a list."""
    top = evidence[0].probability
    in_one = len({e.sentence.essay.essay_id for e in evidence}) == 1
    least = max(min(MEMBER, top), (_OF_BEST_IN_ONE if in_one else _OF_BEST) * top)
    return [e for e in evidence if e.probability >= least]


def _write_beside(evidence: Sequence[Evidence], chosen: Sequence[_EssayList], draft: Draft) -> None:
    """Write the best sentence of each further essay, below the line."""
    beside: dict[str, Evidence] = {}
    for each in evidence:
        if each.probability >= CELL and all(each.sentence.tree is not own.tree for own in chosen):
            beside.setdefault(each.sentence.essay.essay_id, each)
    if beside:
        draft.note("可能相关：")
    for each in list(beside.values())[:_BESIDE_ESSAYS]:
        draft.item(each.sentence.essay)
        draft.quote(whole(each.sentence))


def _chosen(strong: Sequence[Evidence]) -> list[_EssayList]:
    """Part what answers by essay and measure, the best essay first."""
    chosen: dict[str, _EssayList] = {}
    for each in strong:
        sentence = each.sentence
        own = chosen.setdefault(sentence.essay.essay_id, _EssayList(sentence.tree))
        own.best = max(own.best, each.probability)
        own.found.append(each)
        if sentence.node is not None:
            own.nodes[sentence.node] = max(own.nodes.get(sentence.node, 0.0), each.probability)
    for each in [replace(e, sentence=s) for e in strong[:3] for s in run_of(e.sentence)]:
        own, node = chosen[each.sentence.essay.essay_id], each.sentence.node
        if node is not None and each.sentence.start == own.tree.nodes[node].stretches[0].start:
            own.nodes.setdefault(node, each.probability)  # an item that is a measure
        elif all(each.sentence.key != other.sentence.key for other in own.found):
            own.found.append(each)
    for own in chosen.values():
        _complete(own)
    return sorted(chosen.values(), key=lambda own: -own.best)


def _complete(own: _EssayList) -> None:
    """Where most measures of a section answer, or its own lead does, take all of them."""
    for node in own.tree.nodes:
        leaves = [leaf.number for leaf in own.tree.leaves(node)]
        held = sum(number in own.nodes for number in leaves)
        by_lead = own.nodes.get(node.number, 0.0) >= _LEAD_OF * own.best
        most = held > _MOST_OF * len(leaves)
        if node.children and len(leaves) <= LIST_ITEMS and (most or by_lead):
            own.whole.append(node)
            for number in leaves:
                own.nodes.setdefault(number, own.best)
    inner = {n.number for top in own.whole for n in own.tree.under(top) if n is not top}
    own.whole = [node for node in own.whole if node.number not in inner]


def _lowest(own: _EssayList) -> list[Node]:
    """The measures that were chosen, in reading order, less those that others of them are in."""
    nodes = [own.tree.nodes[number] for number in sorted(own.nodes)]
    return [node for node in nodes if own.nodes.keys().isdisjoint(node.children)]


def _loose(own: _EssayList, lowest: Sequence[Node]) -> list[Sentence]:
    """The sentences in none of these measures, the likeliest first.

    What stands above measures leads to them, and is shown where it answers as well as they do.
    """
    shown = {node.number for node in lowest}
    nodes = own.tree.nodes
    above = {n.number for n in nodes if any(u.number in shown for u in own.tree.under(n))}
    found = sorted(own.found, key=lambda e: -e.probability)
    return [
        each.sentence
        for each in found
        if each.sentence.node not in shown
        and (each.sentence.node not in above or each.probability >= _LEAD_OF * own.best)
        and not own.tree.headed(each.sentence)
    ]


def _rows(own: _EssayList, strong: set[tuple[str, int]]) -> list[tuple[str, str, list[Sentence]]]:
    """What was chosen of an essay as rows."""
    lowest = _lowest(own)
    loose = [(label(own.tree.essay), "", [each]) for each in _loose(own, lowest)]
    return [*(row(node, strong) for node in lowest), *loose]


def _write_chosen(
    own: _EssayList, strong: set[tuple[str, int]], draft: Draft, room: int, quotes: int,
    *, leads_only: bool,
) -> int:  # fmt: skip
    """Write what was chosen of an essay in reading order; return the room that is left."""
    lowest = _lowest(own)
    nodes = sorted(lowest, key=lambda node: -own.nodes[node.number])[:quotes]
    nodes.sort(key=lambda node: node.number)
    limit = draft.quotes + quotes
    loose = _loose(own, lowest)[:quotes]
    loose.sort(key=lambda sentence: sentence.position)
    every: list[Sentence | Node] = [*loose, *nodes]
    short = sum(each.length for each in every) > room
    share = max(60, room // max(1, min(len(every), quotes)))
    for each in every:
        if draft.quotes >= limit or room < 30:
            return room
        if isinstance(each, Sentence):
            heads = bool(announced(each))  # its items have their own numbers: （一） is the first
            if not heads:
                draft.item(number=len(draft.items) + 1)
            elif each is not every[0]:
                draft.paragraph()
            draft.quote(each, item=not heads)
            room -= each.length
        else:
            draft.item(number=len(draft.items) + 1)
            size = share if short else max(share, each.length)
            if leads_only:  # of one alone also what answers
                size = 0 if len(every) > 1 else len(each.lead) + 1
            room -= write_measure(each, draft, size, strong, limit - draft.quotes)
    if len(own.whole) == 1 and not loose and nodes == own.tree.leaves(own.whole[0]):
        draft.note(claims.complete(len(nodes)))
    return room
